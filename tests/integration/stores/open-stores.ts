import { migrateClickhouse } from '../../../infra/clickhouse/migrate.ts';
import { migrateMongo } from '../../../infra/mongo/migrate.ts';
import { type ClickHouse, createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import { createMongo, type Mongo } from '../../../shared/clients/mongo/index.ts';
import { readSettings, type Settings } from '../../../shared/config/index.ts';
import { engines } from '../../support/engines.ts';
import { unique } from '../../support/names.ts';

export interface ClickHouseFixture {
  settings: Settings;
  clickhouse: ClickHouse;
  /** One value of one row. */
  value(query: string): Promise<unknown>;
  rows<T>(query: string): Promise<T[]>;
  command(query: string): Promise<void>;
  close(): Promise<void>;
}

/** A migrated database of its own on the run's ClickHouse; `close` drops it. */
export async function openClickHouse(env: NodeJS.ProcessEnv = {}): Promise<ClickHouseFixture> {
  const database = unique('stores');
  const settings = readSettings({
    CLICKHOUSE_URL: engines().clickhouse,
    CLICKHOUSE_DATABASE: database,
    ...env,
  });
  await migrateClickhouse(settings);
  const clickhouse = createClickHouse(settings);
  const client = clickhouse.shards[0]?.replicas[0];
  if (client === undefined) throw new Error('no ClickHouse');
  return {
    settings,
    clickhouse,
    value: async (query) => Object.values((await rows<Record<string, unknown>>(client, query))[0] ?? {})[0],
    rows: (query) => rows(client, query),
    command: async (query) => {
      await client.command({ query });
    },
    close: async () => {
      await client.command({ query: `DROP DATABASE IF EXISTS ${database} SYNC` });
      await clickhouse.close();
    },
  };
}

export interface MongoFixture {
  settings: Settings;
  mongo: Mongo;
  close(): Promise<void>;
}

/** A migrated database of its own on the run's MongoDB; `close` drops it. */
export async function openMongo(env: NodeJS.ProcessEnv = {}): Promise<MongoFixture> {
  const settings = readSettings({
    MONGODB_URI: engines().mongodb,
    MONGODB_DATABASE: unique('stores'),
    ...env,
  });
  await migrateMongo(settings);
  const mongo = createMongo(settings);
  return {
    settings,
    mongo,
    close: async () => {
      await mongo.db.dropDatabase();
      await mongo.close();
    },
  };
}

/** Metrics that nobody reads. */
export const quietMetrics = { stored: () => {}, failed: () => {}, refused: () => {} };
