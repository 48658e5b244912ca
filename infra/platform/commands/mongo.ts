import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';
import { question } from './question.ts';

/** `make mongo Q='…'`: any text for MongoDB's shell, in database events. */
await main(async () => {
  const settings = platformSettings();
  const text = question("make mongo Q='db.raw_events.find({user_id: 12345}).limit(3)'");
  const uri = withDatabase(settings.mongodbUri, settings.mongodbDatabase);
  const shell = join(projectRoot, 'infra/mongo/shell/node_modules/mongosh/bin/mongosh.js');
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=DEP0040', shell, '--quiet', '--norc', uri, '--eval', text],
    { stdio: 'inherit', env: { ...process.env, MONGOSH_FORCE_DISABLE_TELEMETRY_FOR_TESTING: '1' } },
  );
  return status ?? 1;
});

/** The address with a database in it, unless it has one; several hosts are no URL to Node. */
function withDatabase(uri: string, database: string): string {
  return uri.replace(
    /^([^:]+:\/\/[^/?]+)\/?(?=$|\?)/,
    (_, server) => `${server}/${encodeURIComponent(database)}`,
  );
}
