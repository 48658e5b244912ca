import type { ClickHouse } from '../../../shared/clients/clickhouse/index.ts';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Mongo } from '../../../shared/clients/mongo/index.ts';
import type { Range } from './positions.ts';
import type { StoreCheck } from './store-check.ts';

/** Offsets that one question to ClickHouse covers: its answer is held whole for a moment. */
const PIECE = 200_000;

/** Hands over all that MongoDB holds; the check passes over what is of other positions. */
export async function readMongo(mongo: Mongo, { row }: Pick<StoreCheck, 'row'>): Promise<void> {
  const events = mongo.events<{ _id: string; source?: { clean: { partition: number; offset: number } } }>();
  for await (const { _id, source } of events.find(
    {},
    { projection: { 'source.clean': 1 }, batchSize: 10_000 },
  )) {
    // Without a source it is somebody's own document, not one of the pipeline.
    if (source) row(_id, source.clean.partition, source.clean.offset);
  }
}

/** Hands over what ClickHouse holds of the range, every row of every shard. */
export async function readClickhouse(
  clickhouse: ClickHouse,
  { from, to }: Range,
  { row }: Pick<StoreCheck, 'row'>,
): Promise<void> {
  const [shard] = clickhouse.shards;
  if (!shard) return;
  for (const [partition, last] of to) {
    for (let start = from.get(partition) ?? 0; start < last; start += PIECE) {
      const end = Math.min(last, start + PIECE);
      const piece = await shard.run((client) =>
        rows<{ id: string; offset: string }>(
          client,
          `SELECT toString(event_id) AS id, toString(source_offset) AS offset FROM events_distributed
           WHERE source_partition = {partition:UInt16} AND source_offset >= {start:UInt64} AND source_offset < {end:UInt64}`,
          { params: { partition, start, end } },
        ),
      );
      for (const { id, offset } of piece) row(id, partition, Number(offset));
    }
  }
}
