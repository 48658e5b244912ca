import { Readable } from 'node:stream';
import { type ClickHouseClient, type ClickHouseSettings, createClient } from '@clickhouse/client';
import type { Settings } from '../../config/index.ts';
import { parseShards } from './addresses.ts';
import { failOver } from './fail-over.ts';

export { parseShards } from './addresses.ts';
export { exactlyOnce } from './exactly-once.ts';

/** One shard: its replicas hold the same rows. */
export interface Shard {
  /** One client a replica, in the order of the setting. */
  readonly replicas: readonly ClickHouseClient[];
  /** Runs `work` on the replica that answered last; when it fails, on its twins in turn. Throws the last error. */
  run<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T>;
}

export interface ClickHouse {
  readonly database: string;
  /** By route number. */
  readonly shards: readonly Shard[];
  close(): Promise<void>;
}

export type ClickHouseAccess = Pick<
  Settings,
  'clickhouseUrl' | 'clickhouseUser' | 'clickhousePassword' | 'clickhouseDatabase'
>;

/**
 * Clients of every shard and replica that CLICKHOUSE_URL names. Connects at first use.
 *
 * @param options.requestTimeoutMs milliseconds for one piece of work, all replicas of a shard together.
 * @param options.database lands there instead of in the setting's database (migrations create that one).
 */
export function createClickHouse(
  settings: ClickHouseAccess,
  {
    database = settings.clickhouseDatabase,
    requestTimeoutMs = 50_000,
    clickhouseSettings = {},
  }: { database?: string; requestTimeoutMs?: number; clickhouseSettings?: ClickHouseSettings } = {},
): ClickHouse {
  const clients = parseShards(settings.clickhouseUrl).map((replicas) =>
    replicas.map((url) =>
      createClient({
        url,
        username: settings.clickhouseUser,
        password: settings.clickhousePassword,
        database,
        application: 'event-pipeline',
        // A frozen replica takes its share alone: its twins are asked within the same time.
        request_timeout: Math.floor(requestTimeoutMs / replicas.length),
        max_open_connections: 16,
        clickhouse_settings: clickhouseSettings,
        // Failures are thrown; the client need not print them as well.
        log: { level: 127 },
      }),
    ),
  );
  return {
    database,
    shards: clients.map((replicas) => ({ replicas, run: failOver(replicas) })),
    close: async () => {
      await Promise.all(clients.flat().map((client) => client.close()));
    },
  };
}

/** Rows of a query as objects. `params` are bound by the server to `{name:Type}` in the text. */
export async function rows<T>(
  client: ClickHouseClient,
  query: string,
  { params, settings, signal }: QueryOptions = {},
): Promise<T[]> {
  const result = await client.query({
    query,
    format: 'JSONEachRow',
    ...(params === undefined ? {} : { query_params: params }),
    ...(settings === undefined ? {} : { clickhouse_settings: settings }),
    ...(signal === undefined ? {} : { abort_signal: signal }),
  });
  return result.json<T>();
}

export interface QueryOptions {
  params?: Record<string, unknown>;
  settings?: ClickHouseSettings;
  signal?: AbortSignal;
}

/** Rows that are bytes already, in one of ClickHouse's formats. */
export interface RowBytes {
  format: 'JSONEachRow' | 'Native';
  bytes: Buffer;
}

/** Inserts rows that are bytes already: nothing is parsed or copied on this side. */
export async function insertRows(
  client: ClickHouseClient,
  table: string,
  { format, bytes }: RowBytes,
  { settings, signal }: { settings: ClickHouseSettings; signal?: AbortSignal | undefined },
): Promise<void> {
  const { stream } = await client.exec({
    query: `INSERT INTO ${table} FORMAT ${format}`,
    // insert() takes no bytes in these formats.
    values: Readable.from([bytes], { objectMode: false }),
    clickhouse_settings: settings,
    ...(signal === undefined ? {} : { abort_signal: signal }),
  });
  // The socket is free for the next call only when the (empty) answer has been read.
  for await (const _ of stream);
}
