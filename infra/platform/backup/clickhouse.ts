import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import type { BackupFile, Content } from './manifest.ts';

const belowEnds = 'source_offset < {ends:Array(UInt64)}[source_partition + 1]';

/** What is in a backup, in order; columns that later migrations add are not lost: `*` has them. */
const hashed = `event_id, event_type, category, timestamp, user_id, session_id, country, device, browser,
  toString(amount), currency, toString(mapSort(properties)), received_at, source_partition, source_offset`;

/** Rows below the ends by month, a file each. */
export async function dumpShard(
  client: ClickHouseClient,
  { folder, shard, ends }: { folder: string; shard: number; ends: readonly number[] },
): Promise<Omit<BackupFile, 'sha256'>[]> {
  const months = await rows<{ month: number }>(
    client,
    `SELECT DISTINCT toYYYYMM(event_date) AS month FROM events_local WHERE ${belowEnds} ORDER BY month`,
    { params: { ends } },
  );
  const files: Omit<BackupFile, 'sha256'>[] = [];
  for (const { month } of months) {
    const name = `clickhouse-${shard}-${month}.native.gz`;
    const query = `SELECT * FROM events_local WHERE toYYYYMM(event_date) = {month:UInt32} AND ${belowEnds} FORMAT Native`;
    await dump(client, query, { month, ends }, join(folder, name));
    files.push({ name, kind: 'events', shard });
  }
  if (shard === 0) {
    const name = 'check-exceptions.native.gz';
    await dump(client, 'SELECT * FROM check_exceptions FINAL FORMAT Native', {}, join(folder, name));
    files.push({ name, kind: 'exceptions', shard });
  }
  return files;
}

async function dump(
  client: ClickHouseClient,
  query: string,
  params: Record<string, unknown>,
  file: string,
): Promise<void> {
  const { stream } = await client.exec({ query, query_params: params });
  await pipeline(stream, createGzip({ level: 4 }), createWriteStream(file));
}

/** Through the materialized views, which make the rollups. */
export async function loadFile(
  client: ClickHouseClient,
  { name, kind }: BackupFile,
  folder: string,
): Promise<void> {
  const table = kind === 'events' ? 'events_local' : 'check_exceptions';
  const file = createReadStream(join(folder, name));
  const unzipped = createGunzip();
  const reading = pipeline(file, unzipped);
  const { stream } = await client.exec({
    query: `INSERT INTO ${table} FORMAT Native`,
    values: unzipped,
    clickhouse_settings: {
      insert_deduplicate: 0,
      deduplicate_blocks_in_dependent_materialized_views: 0,
      max_partitions_per_insert_block: '0',
      min_insert_block_size_rows: '1048576',
    },
  });
  for await (const _ of stream);
  await reading;
}

export async function contentOf(client: ClickHouseClient, ends: readonly number[]): Promise<Content> {
  const [found] = await rows<{ count: string; checksum: string }>(
    client,
    `SELECT toString(count()) AS count, toString(sum(cityHash64(${hashed}))) AS checksum FROM events_local WHERE ${belowEnds}`,
    { params: { ends } },
  );
  return { count: Number(found?.count ?? 0), checksum: found?.checksum ?? '0' };
}

/** Entries of this shard's rollups that do not say what its rows say. */
export async function driftsOf(client: ClickHouseClient): Promise<number> {
  const [found] = await rows<{ drifts: string }>(
    client,
    `SELECT toString((
  SELECT count() FROM (
    SELECT minute, event_type, category, sum(raw) AS r, sum(kept) AS k FROM (
      SELECT toStartOfMinute(timestamp) AS minute, event_type, category, count() AS raw, 0 AS kept
      FROM events_local GROUP BY minute, event_type, category
      UNION ALL SELECT minute, event_type, category, 0, sum(events) FROM events_per_minute_local
      GROUP BY minute, event_type, category)
    GROUP BY minute, event_type, category HAVING r != k)
) + (
  SELECT count() FROM (
    SELECT event_date, sum(raw) AS r, sum(kept) AS k FROM (
      SELECT event_date, uniqExact(user_id) AS raw, 0 AS kept FROM events_local GROUP BY event_date
      UNION ALL SELECT event_date, 0, groupBitmapMerge(users) FROM users_per_day_local GROUP BY event_date)
    GROUP BY event_date HAVING r != k)
)) AS drifts`,
  );
  return Number(found?.drifts ?? 0);
}
