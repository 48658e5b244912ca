import { migrateClickhouse } from '../../../infra/clickhouse/migrate.ts';
import { type ClickHouse, createClickHouse } from '../../../shared/clients/clickhouse/index.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { startTestServer, type TestServer } from '../embedded-clickhouse/server.ts';

/** Embedded servers that stand for shards, one a server. */
export interface Shards {
  readonly servers: readonly TestServer[];
  /** Clients of all shards, as CLICKHOUSE_URL would name them. `requestTimeoutMs` is short: frozen servers are met. */
  connect(): ClickHouse;
  /** Starts one more, with the schema, at the end of the list. */
  add(): Promise<void>;
  /** One value of one row from each shard. */
  each(query: string): Promise<number[]>;
  /**
   * Makes the first shard answer for all. Embedded servers have no native port for Distributed tables, so a table
   * with the rows that all of them have now, fetched over HTTP, takes the place of each.
   */
  joinTables(): Promise<void>;
  close(): Promise<void>;
}

const joined = {
  events_distributed: 'events_local',
  events_per_minute: 'events_per_minute_local',
  users_per_day: 'users_per_day_local',
} as const;

export async function startShards(count: number): Promise<Shards> {
  const start = () => startTestServer({ env: { CLICKHOUSE_MAX_MEMORY_BYTES: String(512 << 20) } });
  const servers = await Promise.all(Array.from({ length: count }, start));
  const settings = () => readSettings({ CLICKHOUSE_URL: servers.map(({ url }) => url).join(',') });
  await migrateClickhouse(settings());
  return {
    servers,
    connect: () => createClickHouse(settings(), { requestTimeoutMs: 3000 }),
    add: async () => {
      servers.push(await start());
      await migrateClickhouse(settings());
    },
    each: async (query) =>
      Promise.all(servers.map(async ({ sql }) => Number(await sql(query, { database: 'analytics' })))),
    joinTables: async () => {
      const [first, ...others] = servers as [TestServer, ...TestServer[]];
      for (const [name, local] of Object.entries(joined)) {
        const pieces = others.map(({ url }) => {
          const query = encodeURIComponent(`SELECT * FROM analytics.${local} FORMAT Native`);
          return `SELECT * FROM url('${url}/?query=${query}', 'Native')`;
        });
        await first.sql(`DROP TABLE IF EXISTS analytics.${name}`);
        await first.sql(
          `CREATE TABLE analytics.${name} ENGINE = MergeTree ORDER BY tuple()
           AS ${[`SELECT * FROM analytics.${local}`, ...pieces].join(' UNION ALL ')}`,
        );
      }
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.dispose()));
    },
  };
}
