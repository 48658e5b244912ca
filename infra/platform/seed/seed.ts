import type { ClickHouseClient } from '@clickhouse/client';
import { createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { loadCategories } from '../../../shared/events/categories.ts';
import { migrateClickhouse } from '../../clickhouse/migrate.ts';
import { chunkRows, insertRows } from './rows.ts';
import type { Shape } from './shape.ts';

export interface Seeded {
  rows: number;
  /** Rows of this run, and the time it took. */
  written: number;
  seconds: number;
  bytesOnDisk: number;
  parts: number;
}

/**
 * Fills the shape's database up to `total` rows. What a run before has made stays: chunks have tokens, and the moments
 * that they stand for are kept beside them.
 *
 * @throws PipelineError `SEED_OTHER` when the database holds rows of another total.
 */
export async function seedRows(
  settings: Settings,
  {
    shape,
    total,
    fresh,
    onProgress,
  }: { shape: Shape; total: number; fresh: boolean; onProgress: (rows: number) => void },
): Promise<Seeded> {
  const target = { ...settings, clickhouseDatabase: shape.database };
  if (fresh) {
    const server = createClickHouse(settings, { database: 'default' });
    await clientOf(server).command({ query: `DROP DATABASE IF EXISTS ${shape.database} SYNC` });
    await server.close();
  }
  await migrateClickhouse(target);
  const clickhouse = createClickHouse(target, { requestTimeoutMs: 600_000 });
  const client = clientOf(clickhouse);
  try {
    const plan = await planOf(client, shape, total);
    const categories = loadCategories(settings.categoriesFile);
    const before = await countRows(client);
    const projections = await projectionsByMerges(client);
    if (projections)
      await client.command({ query: `ALTER TABLE events_local MODIFY SETTING ${onInsert} = 1` });
    const startedAt = performance.now();
    try {
      for (let first = 0; first < total; first += chunkRows) {
        const end = Math.min(total, first + chunkRows);
        if (end <= before) continue;
        await client.command({
          query: insertRows(categories, { shape: plan, first, end, total }),
          clickhouse_settings: {
            insert_deduplication_token: `seed:${first}-${end}`,
            deduplicate_blocks_in_dependent_materialized_views: 1,
            max_insert_block_size: String(chunkRows),
            min_insert_block_size_rows: String(chunkRows),
            min_insert_block_size_bytes: '0',
            max_block_size: String(chunkRows),
            max_threads: 1,
          },
        });
        onProgress(end);
      }
    } finally {
      if (projections) await client.command({ query: `ALTER TABLE events_local RESET SETTING ${onInsert}` });
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const now = await countRows(client);
    const [size] = await rows<{ bytes: string; parts: string }>(
      client,
      `SELECT toString(sum(bytes_on_disk)) AS bytes, toString(count()) AS parts
FROM system.parts WHERE active AND database = {database:String} AND table = 'events_local'`,
      { params: { database: shape.database } },
    );
    return {
      rows: now,
      written: now - before,
      seconds,
      bytesOnDisk: Number(size?.bytes ?? 0),
      parts: Number(size?.parts ?? 0),
    };
  } finally {
    await clickhouse.close();
  }
}

const onInsert = 'materialize_projections_on_insert';

/**
 * Whether this server leaves projections to merges, as the embedded one does. A seeded insert stands for a part that
 * merges have made of many small inserts; so large a part has them.
 */
async function projectionsByMerges(client: ClickHouseClient): Promise<boolean> {
  const [setting] = await rows<{ value: string }>(
    client,
    `SELECT value FROM system.merge_tree_settings WHERE name = '${onInsert}'`,
  );
  return setting?.value === '0';
}

function clientOf({ shards }: ReturnType<typeof createClickHouse>): ClickHouseClient {
  const client = shards[0]?.replicas[0];
  if (client === undefined) throw new PipelineError('CLICKHOUSE', 'CLICKHOUSE_URL names no server');
  return client;
}

/** The span of a run that was broken off goes on to be meant: a row's time follows from its number. */
async function planOf(client: ClickHouseClient, shape: Shape, total: number): Promise<Shape> {
  await client.command({
    query:
      'CREATE TABLE IF NOT EXISTS seed_plan (from_ms UInt64, to_ms UInt64, total UInt64) ENGINE = MergeTree ORDER BY total',
  });
  const [plan] = await rows<{ from_ms: string; to_ms: string; total: string }>(
    client,
    'SELECT * FROM seed_plan',
  );
  if (plan === undefined) {
    const value = { from_ms: shape.fromMs, to_ms: shape.toMs, total };
    await client.insert({ table: 'seed_plan', values: [value], format: 'JSONEachRow' });
    return shape;
  }
  if (Number(plan.total) !== total) {
    throw new PipelineError(
      'SEED_OTHER',
      `${shape.database} holds rows of a plan of ${plan.total}; FRESH=1 begins anew with ${total}`,
    );
  }
  return { ...shape, fromMs: Number(plan.from_ms), toMs: Number(plan.to_ms) };
}

async function countRows(client: ClickHouseClient): Promise<number> {
  const [found] = await rows<{ rows: string }>(
    client,
    'SELECT toString(count()) AS rows FROM events_local WHERE source_partition < 6',
  );
  return Number(found?.rows ?? 0);
}
