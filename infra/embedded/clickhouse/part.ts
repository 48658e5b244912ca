import { join } from 'node:path';
import type { Settings } from '../../../shared/config/index.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Health, Part } from '../../platform/part.ts';

/** The settings that the embedded ClickHouse follows. */
export type ClickhouseSettings = Pick<
  Settings,
  | 'dataDir'
  | 'bindAddress'
  | 'clickhousePort'
  | 'clickhouseUser'
  | 'clickhousePassword'
  | 'clickhouseDatabase'
  | 'clickhouseMaxMemoryBytes'
  | 'clickhouseMaxQueries'
  | 'clickhouseMaxInsertBytes'
  | 'clickhouseFsync'
  | 'clickhouseUsersFile'
  | 'logLevel'
>;

const root = join(import.meta.dirname, '../../..');

/** The ClickHouse engine behind its HTTP interface, as a supervised process. */
export function clickhousePart(settings: ClickhouseSettings): Part {
  const address = `http://${settings.bindAddress}:${settings.clickhousePort}`;
  return {
    name: 'clickhouse',
    command: [process.execPath, join(import.meta.dirname, 'main.ts')],
    cwd: root,
    env: {
      DATA_DIR: settings.dataDir,
      BIND_ADDRESS: settings.bindAddress,
      CLICKHOUSE_PORT: String(settings.clickhousePort),
      CLICKHOUSE_USER: settings.clickhouseUser,
      CLICKHOUSE_PASSWORD: settings.clickhousePassword,
      CLICKHOUSE_DATABASE: settings.clickhouseDatabase,
      CLICKHOUSE_MAX_MEMORY_BYTES: String(settings.clickhouseMaxMemoryBytes),
      CLICKHOUSE_MAX_QUERIES: String(settings.clickhouseMaxQueries),
      CLICKHOUSE_MAX_INSERT_BYTES: String(settings.clickhouseMaxInsertBytes),
      CLICKHOUSE_FSYNC: String(settings.clickhouseFsync),
      ...(settings.clickhouseUsersFile && { CLICKHOUSE_USERS_FILE: settings.clickhouseUsersFile }),
      LOG_LEVEL: settings.logLevel,
      LOG_FORMAT: 'json',
      // The engine has no other way to be told its time zone.
      TZ: 'UTC',
      // Every statement occupies a thread of this pool until it ends; the rest is for files and compression.
      UV_THREADPOOL_SIZE: String(settings.clickhouseMaxQueries + 8),
    },
    ports: [{ port: settings.clickhousePort, setting: 'CLICKHOUSE_PORT' }],
    health: () => health(address),
    stopTimeoutMs: 20_000,
    after: [],
    notes: [
      `ClickHouse: the engine in a library (chdb) behind its HTTP interface at ${address}.`,
      'It has no native port, no replication and no users made by SQL; Distributed tables work over its one shard.',
    ],
  };
}

async function health(address: string): Promise<Health> {
  try {
    const response = await fetch(`${address}/health`, { signal: AbortSignal.timeout(1800) });
    const text = (await response.text()).trim();
    return response.ok ? { ok: true, detail: text.replace('Ok. ', '') } : { ok: false, detail: text };
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause ?? error;
    return { ok: false, detail: messageOf(cause) || 'no answer' };
  }
}
