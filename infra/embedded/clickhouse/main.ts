import { resolve } from 'node:path';
import { readSettings } from '../../../shared/config/index.ts';
import { createLogger } from '../../../shared/log/index.ts';
import { clusterName } from './cluster.ts';
import { lockFolder } from './folder-lock.ts';
import { readUsers } from './http/users.ts';
import { engineFolder, startServer } from './server.ts';
import { repairTokenLogs } from './token-log/repair.ts';

/** The server process; `part.ts` starts it. */
const log = createLogger('clickhouse');
try {
  const settings = readSettings(process.env);
  const folder = resolve(settings.dataDir, 'data', 'clickhouse');
  const unlock = await lockFolder(folder);
  // Before any table is opened: the engine reads the logs only then.
  const repair = await repairTokenLogs(engineFolder(folder));
  log[repair.forgotten.length > 0 ? 'warn' : 'info'](repair, 'token logs checked');
  const server = await startServer({
    folder,
    host: settings.bindAddress,
    port: settings.clickhousePort,
    database: settings.clickhouseDatabase,
    cluster: clusterName,
    users: readUsers({
      user: settings.clickhouseUser,
      password: settings.clickhousePassword,
      file: settings.clickhouseUsersFile,
    }),
    maxMemoryBytes: settings.clickhouseMaxMemoryBytes,
    maxQueries: settings.clickhouseMaxQueries,
    maxInsertBytes: settings.clickhouseMaxInsertBytes,
    fsync: settings.clickhouseFsync,
    log,
  });
  log.info({ port: server.port }, 'listening');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      log.info({ signal }, 'stopping');
      await server.close();
      await unlock();
      log.info('stopped');
      process.exit(0);
    });
  }
} catch (error) {
  log.error({ err: error }, (error as Error).message);
  process.exit(1);
}
