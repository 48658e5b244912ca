import { fileURLToPath } from 'node:url';
import type { ClickHouseClient } from '@clickhouse/client';
import { type ClickHouseAccess, createClickHouse, rows } from '../../shared/clients/clickhouse/index.ts';
import type { Settings } from '../../shared/config/index.ts';
import { PipelineError } from '../../shared/errors/index.ts';
import { copySchema } from './copy-schema.ts';
import { type Migration, pending, readMigrations, statementsOf, type Target } from './migrations.ts';

/** The name that config.xml gives the cluster. */
export const clusterName = 'analytics';

const folder = fileURLToPath(new URL('./migrations/', import.meta.url));

/** What was done, by file name; empty when everything was up to date. */
export interface Migrated {
  applied: string[];
}

/**
 * Brings every replica of every shard to the newest schema, file by file, and the retention of its tables to
 * RETENTION_DAYS. Each file is applied once and recorded with its checksum in `schema_migrations`. Every
 * statement can be repeated, so a run that broke off, a second run and two runs at once do no harm.
 *
 * @throws PipelineError `MIGRATION_CHANGED`, or the server's own error with the file it came from.
 */
export async function migrateClickhouse(
  settings: ClickHouseAccess & Pick<Settings, 'retentionDays'>,
  { migrations = readMigrations(folder) }: { migrations?: readonly Migration[] } = {},
): Promise<Migrated> {
  // The schema's own database may not be there yet.
  const clickhouse = createClickHouse(settings, { database: 'default' });
  const applied = new Set<string>();
  try {
    const servers: Server[] = [];
    for (const { replicas } of clickhouse.shards) {
      const twins: Server[] = [];
      for (const client of replicas) twins.push(await prepare(client, settings));
      await catchUp(twins);
      servers.push(...twins);
    }
    for (const server of servers) pending(migrations, await readApplied(server));
    // One file on every server before the next one: a replica that made a table when its twin had changed it already
    // would be refused.
    for (const migration of migrations) {
      for (const server of servers) {
        if (pending([migration], await readApplied(server)).length === 0) continue;
        await apply(server.client, migration, server.target);
        applied.add(migration.name);
      }
    }
    for (const { client, target } of servers) await setRetention(client, target);
  } finally {
    await clickhouse.close();
  }
  return { applied: [...applied].sort() };
}

interface Server {
  client: ClickHouseClient;
  target: Target;
}

async function prepare(
  client: ClickHouseClient,
  settings: Pick<Settings, 'clickhouseDatabase' | 'retentionDays'>,
): Promise<Server> {
  const target: Target = {
    database: settings.clickhouseDatabase,
    cluster: clusterName,
    retentionDays: settings.retentionDays,
    replicated: await isReplicated(client),
  };
  await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${target.database}` });
  await client.command({ query: registryTable(target.database) });
  return { client, target };
}

/** A replica without any migration, whose twin has some, begins where the twin is. */
async function catchUp(twins: readonly Server[]): Promise<void> {
  const counts = await Promise.all(twins.map(async (server) => (await readApplied(server)).size));
  const from = twins[counts.findIndex((count) => count > 0)];
  for (const [index, { client, target }] of twins.entries()) {
    if (from === undefined || counts[index] !== 0 || !target.replicated) continue;
    await copySchema({ from: from.client, to: client, database: target.database });
  }
}

/** A server of a cluster knows its shard and replica by these two macros. */
async function isReplicated(client: ClickHouseClient): Promise<boolean> {
  const macros = await rows<{ macro: string }>(client, 'SELECT macro FROM system.macros');
  const names = macros.map(({ macro }) => macro);
  return names.includes('shard') && names.includes('replica');
}

function registryTable(database: string): string {
  return `CREATE TABLE IF NOT EXISTS ${database}.schema_migrations
(version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
ENGINE = MergeTree ORDER BY version SETTINGS non_replicated_deduplication_window = 10000`;
}

async function readApplied({ client, target: { database } }: Server) {
  const known = await rows<{ version: number; checksum: string }>(
    client,
    `SELECT version, argMin(checksum, applied_at) AS checksum FROM ${database}.schema_migrations GROUP BY version`,
  );
  return new Map(known.map(({ version, checksum }) => [version, { checksum }]));
}

/**
 * A change of a replicated table is answered when all its replicas have it: the same statement comes to each of them
 * next, and one that were still behind would refuse it.
 */
const everywhere = { alter_sync: '2' as const };

async function apply(client: ClickHouseClient, migration: Migration, target: Target): Promise<void> {
  for (const statement of statementsOf(migration.text, target)) {
    try {
      await client.command({ query: statement, clickhouse_settings: everywhere });
    } catch (error) {
      throw new PipelineError('MIGRATION_FAILED', `${migration.name}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  const { version, name, checksum } = migration;
  await client.insert({
    table: `${target.database}.schema_migrations`,
    format: 'JSONEachRow',
    values: [{ version, name, checksum }],
    // Two runs at once record it once.
    clickhouse_settings: { insert_deduplication_token: `migration ${version} ${checksum}` },
  });
}

/** The day column that the age of a table's rows is measured by. */
const expiring = {
  events_local: 'event_date',
  events_per_minute_local: 'toDate(minute)',
  users_per_day_local: 'event_date',
} as const;

/** RETENTION_DAYS may change at any time: it is no migration. */
async function setRetention(client: ClickHouseClient, target: Target): Promise<void> {
  const tables = await rows<{ name: string; definition: string }>(
    client,
    'SELECT name, engine_full AS definition FROM system.tables WHERE database = {database:String}',
    { params: { database: target.database } },
  );
  for (const { name, definition } of tables) {
    const day = expiring[name as keyof typeof expiring];
    if (day === undefined || definition.includes(`toIntervalDay(${target.retentionDays})`)) continue;
    await client.command({
      query: `ALTER TABLE ${target.database}.${name} MODIFY TTL ${day} + INTERVAL ${target.retentionDays} DAY`,
      clickhouse_settings: everywhere,
    });
  }
}
