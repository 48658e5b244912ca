import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { migrateClickhouse } from '../../clickhouse/migrate.ts';
import { migrateMongo } from '../../mongo/migrate.ts';
import { sumOf } from './backup.ts';
import * as clickhouse from './clickhouse.ts';
import { type Content, type Manifest, readManifest } from './manifest.ts';
import * as mongo from './mongo.ts';

/** A user who was deleted, and when: their events up to then do not come back. */
export interface DeletedUser {
  userId: number;
  deletedAtMs: number;
}

export interface Restored {
  manifest: Manifest;
  clickhouse: Content;
  mongodb: Content;
  /** Rollup entries that do not say what the rows say. */
  drifts: number;
  /** Events left out, because their users were deleted after the backup. */
  leftOut: number;
  /** Both stores hold what the manifest says, but for what was left out, and the rollups agree. */
  ok: boolean;
}

const tables = [
  'events_local',
  'events_per_minute_local',
  'users_per_day_local',
  'check_exceptions',
  'check_ledger',
];

/**
 * Fills empty stores from a backup, and checks them against it.
 *
 * @throws PipelineError `BACKUP` for a damaged backup, `NOT_EMPTY` for stores that hold something.
 */
export async function restore(
  settings: Settings,
  {
    folder,
    fresh = false,
    deletedUsers = [],
  }: { folder: string; fresh?: boolean; deletedUsers?: readonly DeletedUser[] },
): Promise<Restored> {
  const manifest = await readManifest(folder);
  const since = Date.parse(manifest.at);
  const deleted = deletedUsers.filter(({ deletedAtMs }) => deletedAtMs > since);
  const ends = Object.values(manifest.ends);
  await Promise.all([migrateClickhouse(settings), migrateMongo(settings)]);
  const stores = createClickHouse(settings, { requestTimeoutMs: 3_600_000 });
  const documents = createMongo(settings, { socketTimeoutMs: 3_600_000 });
  const events = documents.events();
  const clients = stores.shards.map(({ replicas }) => replicas[0] as ClickHouseClient);
  try {
    if (fresh) await empty(clients, documents);
    await refuseFilled(clients, documents);
    for (const file of manifest.files.filter(({ kind }) => kind !== 'documents')) {
      const client = clients[file.shard];
      if (client === undefined) {
        throw new PipelineError(
          'BACKUP',
          `${file.name} is of shard ${file.shard}: CLICKHOUSE_URL names ${clients.length}`,
        );
      }
      await clickhouse.loadFile(client, file, folder);
    }
    const inClickhouse = sumOf(
      await Promise.all(clients.map((client) => clickhouse.contentOf(client, ends))),
    );
    await mongo.loadDocuments(events, { file: join(folder, 'mongodb.bson.gz'), isMeant: () => true });
    const inMongo = await mongo.contentOf(events, ends);
    const same =
      JSON.stringify([inClickhouse, inMongo]) === JSON.stringify([manifest.clickhouse, manifest.mongodb]);
    let leftOut = 0;
    for (const each of deleted) leftOut += await takeOut(clients, documents, each);
    const drifts = (await Promise.all(clients.map(clickhouse.driftsOf))).reduce((sum, each) => sum + each, 0);
    return {
      manifest,
      clickhouse: inClickhouse,
      mongodb: inMongo,
      drifts,
      leftOut,
      ok: same && drifts === 0,
    };
  } finally {
    await Promise.all([stores.close(), documents.close()]);
  }
}

async function empty(
  clients: readonly ClickHouseClient[],
  documents: ReturnType<typeof createMongo>,
): Promise<void> {
  for (const client of clients) {
    for (const table of tables) await client.command({ query: `TRUNCATE TABLE IF EXISTS ${table}` });
  }
  await documents.events().deleteMany({});
}

async function refuseFilled(
  clients: readonly ClickHouseClient[],
  documents: ReturnType<typeof createMongo>,
): Promise<void> {
  let held = await documents.events().countDocuments({}, { limit: 1 });
  for (const client of clients) {
    const [found] = await rows<{ rows: string }>(
      client,
      'SELECT toString((SELECT count() FROM events_local) + (SELECT count() FROM events_per_minute_local)) AS rows',
    );
    held += Number(found?.rows ?? 0);
  }
  if (held > 0) {
    throw new PipelineError(
      'NOT_EMPTY',
      'the stores are not empty: a restore would add to what is there. FRESH=1 empties them first',
    );
  }
}

/** Rows, documents, and the rollups made again: nobody writes to a store that is being restored. */
async function takeOut(
  clients: readonly ClickHouseClient[],
  documents: ReturnType<typeof createMongo>,
  { userId, deletedAtMs }: DeletedUser,
): Promise<number> {
  const { deletedCount } = await documents
    .events()
    .deleteMany({ user_id: userId, received_at: { $lte: new Date(deletedAtMs) } });
  for (const client of clients) {
    const params = { user: userId, ms: deletedAtMs };
    await client.command({
      query:
        'ALTER TABLE events_local DELETE WHERE user_id = {user:UInt64} AND received_at <= fromUnixTimestamp64Milli({ms:Int64})',
      query_params: params,
      clickhouse_settings: { mutations_sync: '2' },
    });
    await client.command({ query: 'TRUNCATE TABLE events_per_minute_local' });
    await client.command({ query: 'TRUNCATE TABLE users_per_day_local' });
    const settings = { insert_deduplicate: 0 as const };
    await client.command({
      query: `INSERT INTO events_per_minute_local SELECT toStartOfMinute(timestamp) AS minute, event_type, category, count()
FROM events_local GROUP BY minute, event_type, category`,
      clickhouse_settings: settings,
    });
    await client.command({
      query:
        'INSERT INTO users_per_day_local SELECT event_date, groupBitmapState(user_id) FROM events_local GROUP BY event_date',
      clickhouse_settings: settings,
    });
  }
  return deletedCount;
}
