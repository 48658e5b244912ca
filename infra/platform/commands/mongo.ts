import { spawnSync } from 'node:child_process';
import { mongoShell } from '../../mongo/shell.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';
import { question } from './question.ts';

/** `make mongo Q='…'`: any text for MongoDB's shell, in database events. */
await main(async () => {
  const settings = platformSettings();
  const text = question("make mongo Q='db.raw_events.find({user_id: 12345}).limit(3)'");
  const uri = withDatabase(settings.mongodbUri, settings.mongodbDatabase);
  const { program, args, env } = mongoShell([uri, '--eval', text]);
  const { status } = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return status ?? 1;
});

/** The address with a database in it, unless it has one; several hosts are no URL to Node. */
function withDatabase(uri: string, database: string): string {
  return uri.replace(
    /^([^:]+:\/\/[^/?]+)\/?(?=$|\?)/,
    (_, server) => `${server}/${encodeURIComponent(database)}`,
  );
}
