import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../infra/platform/commands/main.ts';
import { platformSettings } from '../infra/platform/platform-settings.ts';
import { storedOfSession } from '../infra/platform/proof/session.ts';
import { table } from '../infra/platform/terminal/table.ts';
import { createCluster } from '../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../shared/clients/kafka-protocol/security.ts';
import type { Settings } from '../shared/config/index.ts';
import { PipelineError } from '../shared/errors/index.ts';

/**
 * `make load`: `artillery run load/ingest.yml` against the platform that is up, then what ingest accepted is looked for
 * in both stores. Exit code 1 when a threshold is missed or an accepted event is not stored exactly once.
 */
await main(async () => {
  const settings = platformSettings();
  const run = process.env.LOAD_RUN || randomUUID().slice(0, 8);
  if (!/^[\w-]{1,64}$/.test(run)) {
    throw new PipelineError(
      'LOAD_RUN',
      `LOAD_RUN may have letters, digits, - and _, not ${JSON.stringify(run)}`,
    );
  }
  const { accepted, thresholdsMet } = runArtillery(settings, run);
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'load',
    connectionOptions: securityOptions(settings),
  });
  const stored = await storedOfSession(cluster, settings, `load-${run}`).finally(() => cluster.close());
  const rows = [
    ['accepted by ingest', accepted],
    ['in MongoDB', stored.mongodb],
    ['in ClickHouse', stored.clickhouse],
    ['different ids in ClickHouse', stored.ids],
  ] as const;
  console.log(`\n${table([`session load-${run}`, 'events'], rows)}`);
  const exact = rows.every(([, events]) => events === accepted);
  console.log(exact ? '\n✓ each accepted event is stored once' : '\n✗ accepted and stored differ');
  return exact && thresholdsMet ? 0 : 1;
});

function runArtillery(settings: Settings, run: string): { accepted: number; thresholdsMet: boolean } {
  const folder = import.meta.dirname;
  const artillery = join(folder, 'node_modules/.bin/artillery');
  if (!existsSync(artillery)) {
    console.log('Installing artillery (650 MB) into load/node_modules');
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
    if (status !== 0) throw new PipelineError('ARTILLERY', '`npm ci` in load/ failed; its output is above');
  }
  const reports = mkdtempSync(join(tmpdir(), 'load-'));
  try {
    const report = join(reports, 'report.json');
    const { status } = spawnSync(
      artillery,
      ['run', join(folder, 'ingest.yml'), '--target', settings.gatewayUrl, '--output', report],
      { stdio: 'inherit', env: { ...process.env, LOAD_RUN: run } },
    );
    if (!existsSync(report)) {
      throw new PipelineError('ARTILLERY', 'artillery wrote no report; its output is above');
    }
    const { aggregate } = JSON.parse(readFileSync(report, 'utf8'));
    return { accepted: aggregate.counters['ingest.accepted'] ?? 0, thresholdsMet: status === 0 };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}
