import type { ClickHouse } from '../../../shared/clients/clickhouse/index.ts';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Mongo } from '../../../shared/clients/mongo/index.ts';
import { at, type StoredRow } from './ledger.ts';
import type { Offsets } from './read-log.ts';

/** Positions of `events_clean` that are looked at. */
interface Range {
  from: Offsets;
  to: Offsets;
}

/** What MongoDB holds of the range. */
export async function readMongo(mongo: Mongo, range: Range): Promise<StoredRow[]> {
  const found: StoredRow[] = [];
  const events = mongo.events<{ _id: string; source?: { clean: { partition: number; offset: number } } }>();
  for await (const { _id, source } of events.find(
    {},
    { projection: { 'source.clean': 1 }, batchSize: 10_000 },
  )) {
    // Without a source it is somebody's own document, not one of the pipeline.
    if (!source) continue;
    const { partition, offset } = source.clean;
    if (inRange(range, partition, offset)) found.push({ eventId: _id, position: at(partition, offset) });
  }
  return found;
}

/** What ClickHouse holds of the range, every row of every shard. */
export async function readClickhouse(clickhouse: ClickHouse, { from, to }: Range): Promise<StoredRow[]> {
  const [shard] = clickhouse.shards;
  if (!shard) return [];
  const found: StoredRow[] = [];
  // A partition at a time keeps the answers small.
  for (const [partition, end] of to) {
    const part = await shard.run((client) =>
      rows<{ id: string; offset: string }>(
        client,
        `SELECT toString(event_id) AS id, toString(source_offset) AS offset FROM events_distributed
         WHERE source_partition = {partition:UInt16} AND source_offset >= {from:UInt64} AND source_offset < {end:UInt64}`,
        { params: { partition, from: from.get(partition) ?? 0, end } },
      ),
    );
    for (const { id, offset } of part) found.push({ eventId: id, position: at(partition, Number(offset)) });
  }
  return found;
}

function inRange({ from, to }: Range, partition: number, offset: number): boolean {
  return offset >= (from.get(partition) ?? 0) && offset < (to.get(partition) ?? 0);
}
