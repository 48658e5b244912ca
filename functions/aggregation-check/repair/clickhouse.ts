import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import type { EventRef } from '../classify.ts';
import { statementMs } from './lease.ts';

const bounded = { max_execution_time: statementMs / 1000 };
/** A mutation is answered when the replica that was asked has rewritten all parts. */
const finished = { ...bounded, mutations_sync: '1' as const };

/** One row, wherever it lies at this moment. */
interface Copy {
  shard: number;
  part: string;
  row: string;
  partition: number;
  offset: string;
  event_id: string;
}

/**
 * Removes all copies of an event but one, by part and row: a merge in between moves them, then nothing is removed
 * and the next round finds them again; so a statement that takes effect late, after another repair, removes nothing
 * either. Rows of another event id stay: they may be of a topic that was made anew.
 *
 * @returns how many rows were meant.
 */
export async function removeCopies(
  servers: readonly ClickHouseClient[],
  refs: readonly EventRef[],
  beforeEach: () => Promise<void>,
): Promise<number> {
  const copies = await locate(servers, refs);
  const surplus = [
    ...Map.groupBy(copies, (each) => `${each.partition}/${each.offset}/${each.event_id}`).values(),
  ].flatMap((same) => same.slice(1));
  for (const [index, all] of Map.groupBy(surplus, ({ shard }) => shard)) {
    await beforeEach();
    await removeRows(servers[index] as ClickHouseClient, all);
  }
  return surplus.length;
}

async function locate(servers: readonly ClickHouseClient[], refs: readonly EventRef[]): Promise<Copy[]> {
  const copies: Copy[] = [];
  for (const [shard, server] of servers.entries()) {
    for (const [partition, all] of Map.groupBy(refs, (ref) => ref.partition)) {
      const offsets = all.map(({ offset }) => offset);
      const found = await rows<Omit<Copy, 'shard'>>(
        server,
        `SELECT _part AS part, toString(_part_offset) AS row, source_partition AS partition,
  toString(source_offset) AS offset, toString(event_id) AS event_id
FROM events_local WHERE source_partition = {partition:UInt16} AND source_offset IN {offsets:Array(UInt64)}
ORDER BY offset, event_id, part, row`,
        { params: { partition, offsets } },
      );
      copies.push(...found.map((each) => ({ ...each, shard })));
    }
  }
  return copies;
}

async function removeRows(client: ClickHouseClient, surplus: readonly Copy[]): Promise<void> {
  for (let i = 0; i < surplus.length; i += 1000) {
    const some = surplus.slice(i, i + 1000);
    await client.command({
      query: `ALTER TABLE events_local DELETE WHERE (_part, _part_offset, source_offset) IN
  arrayZip({parts:Array(String)}, {rows:Array(UInt64)}, {offsets:Array(UInt64)})`,
      query_params: {
        parts: some.map(({ part }) => part),
        rows: some.map(({ row }) => BigInt(row)),
        offsets: some.map(({ offset }) => BigInt(offset)),
      },
      clickhouse_settings: finished,
    });
  }
}

/** Removes events that were deleted and came back; by their ids too, since a topic made anew repeats its offsets. */
export async function removeEvents(
  servers: readonly ClickHouseClient[],
  refs: readonly EventRef[],
  beforeEach: () => Promise<void>,
): Promise<number> {
  const known = refs.filter(({ event_id }) => event_id !== undefined);
  for (const server of servers) {
    for (const [partition, all] of Map.groupBy(known, (ref) => ref.partition)) {
      await beforeEach();
      await server.command({
        query: `ALTER TABLE events_local DELETE WHERE source_partition = {partition:UInt16}
  AND source_offset IN {offsets:Array(UInt64)} AND event_id IN {ids:Array(UUID)}`,
        query_params: {
          partition,
          offsets: all.map(({ offset }) => offset),
          ids: all.map(({ event_id }) => event_id),
        },
        clickhouse_settings: finished,
      });
    }
  }
  return known.length;
}
