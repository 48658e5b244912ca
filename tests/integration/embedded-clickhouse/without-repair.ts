import { resolve } from 'node:path';
import { startServer } from '../../../infra/embedded/clickhouse/server.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { createLogger } from '../../../shared/log/index.ts';

/** The server as it would be without the repair of token logs: what the tests must be able to catch. */
const settings = readSettings(process.env);
const server = await startServer({
  folder: resolve(settings.dataDir, 'data', 'clickhouse'),
  host: settings.bindAddress,
  port: settings.clickhousePort,
  database: settings.clickhouseDatabase,
  cluster: 'analytics',
  users: [{ name: 'default', password: '', readonly: 0 }],
  maxMemoryBytes: settings.clickhouseMaxMemoryBytes,
  maxQueries: settings.clickhouseMaxQueries,
  maxInsertBytes: settings.clickhouseMaxInsertBytes,
  fsync: false,
  log: createLogger('clickhouse'),
});
process.once('SIGTERM', async () => {
  await server.close();
  process.exit(0);
});
