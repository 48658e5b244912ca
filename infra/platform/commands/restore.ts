import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PipelineError } from '../../../shared/errors/index.ts';
import { type DeletedUser, restore } from '../backup/restore.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { colour } from '../terminal/colour.ts';
import { count } from '../terminal/table.ts';
import { main } from './main.ts';

/** `make restore BACKUP_DIR=/safe/monday`: into empty stores, and checked. Exit code 1 unless all agrees. */
await main(async () => {
  const folder = process.env.BACKUP_DIR;
  if (!folder) throw new PipelineError('BACKUP', 'say from where: make restore BACKUP_DIR=/safe/monday');
  const settings = platformSettings();
  const deletedUsers = deletionsIn(pathsOf(settings).reports);
  const restored = await restore(settings, {
    folder: resolve(folder),
    fresh: process.env.FRESH === '1',
    deletedUsers,
  });
  const { manifest, clickhouse, mongodb, drifts, leftOut, ok } = restored;
  console.log(
    `ClickHouse: ${count(clickhouse.count)} of ${count(manifest.clickhouse.count)} rows, checksum ${clickhouse.checksum === manifest.clickhouse.checksum ? 'equal' : 'different'}; rollup entries that differ from the rows: ${drifts}`,
  );
  console.log(
    `MongoDB: ${count(mongodb.count)} of ${count(manifest.mongodb.count)} documents, checksum ${mongodb.checksum === manifest.mongodb.checksum ? 'equal' : 'different'}`,
  );
  if (leftOut > 0)
    console.log(`left out: ${count(leftOut)} events of users who were deleted after the backup`);
  console.log(
    ok
      ? `${colour('green', 'restored')}; \`make verify REPAIR=1\` adds what came after ${manifest.at}, as long as Kafka has it`
      : colour('red', 'not the same as the backup'),
  );
  return ok ? 0 : 1;
});

/** The proofs that `make delete-user` has left. */
function deletionsIn(reports: string): DeletedUser[] {
  if (!existsSync(reports)) return [];
  return readdirSync(reports)
    .filter((name) => /^deletion-\d+-.*\.json$/.test(name))
    .map((name) => {
      const { userId, deletedAt } = JSON.parse(readFileSync(join(reports, name), 'utf8'));
      return { userId, deletedAtMs: Date.parse(deletedAt) };
    });
}
