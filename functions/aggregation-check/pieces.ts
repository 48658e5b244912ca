import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../shared/clients/clickhouse/index.ts';
import { Counts } from './counts.ts';
import type { Scope } from './scope.ts';
import { scopeParams } from './stores/clickhouse.ts';
import type { OffsetRange } from './stores/mongo.ts';

/** One row of the ledger: so many events stand in these offsets. */
export interface Piece extends OffsetRange {
  events: number;
}

/** The ledger's pieces within a scope, by partition and offset. */
export async function readPieces(client: ClickHouseClient, scope: Scope): Promise<Piece[]> {
  const found = await rows<{ partition: number; first: string; end: string; events: string }>(
    client,
    `SELECT source_partition AS partition, first_offset AS first, end_offset AS end, arraySum(counts) AS events
FROM check_ledger FINAL
WHERE topic_id = {topic:String} AND first_offset >= {bases:Array(UInt64)}[source_partition + 1]
ORDER BY source_partition, first_offset`,
    { params: scopeParams(scope) },
  );
  return found.map(({ partition, first, end, events }) => ({
    partition,
    from: Number(first),
    to: Number(end),
    events: Number(events),
  }));
}

/**
 * Which pieces to count in a store where counting everything takes too long: those never counted as they stand, newest
 * first, as many as hold `most` events; then, within what is left of that, those whose last count is longest ago, as many as
 * hold `again` events. So a small store is counted whole each time, and a large one in turn.
 *
 * @param countedAt when a piece was counted as it stands, by `pieceKey`.
 */
export function choosePieces(
  pieces: readonly Piece[],
  countedAt: ReadonlyMap<string, number>,
  { most, again }: { most: number; again: number },
): Piece[] {
  const timeOf = (piece: Piece) => countedAt.get(pieceKey(piece));
  const chosen: Piece[] = [];
  const take = (inTurn: readonly Piece[], budget: number) => {
    let left = budget;
    for (const piece of inTurn) {
      if (left <= 0) break;
      chosen.push(piece);
      left -= piece.events;
    }
    return left;
  };
  const fresh = pieces.filter((piece) => timeOf(piece) === undefined).sort((a, b) => b.from - a.from);
  const left = take(fresh, most);
  const counted = pieces.filter((piece) => timeOf(piece) !== undefined);
  take(
    counted.sort((a, b) => (timeOf(a) ?? 0) - (timeOf(b) ?? 0)),
    Math.min(left, again),
  );
  return chosen.sort((a, b) => a.partition - b.partition || a.from - b.from);
}

/** A piece as it stands: one that has grown is another. */
export function pieceKey({ partition, from, to }: OffsetRange): string {
  return `${partition}/${from}-${to}`;
}

/** Neighbouring pieces as one range each. */
export function joinRanges(pieces: readonly OffsetRange[]): OffsetRange[] {
  const joined: OffsetRange[] = [];
  for (const { partition, from, to } of pieces) {
    const last = joined.at(-1);
    if (last !== undefined && last.partition === partition && last.to === from) last.to = to;
    else joined.push({ partition, from, to });
  }
  return joined;
}

/** What a sink's store should hold of some pieces: the ledger without what the sink need not have. */
export async function expectedOf(
  client: ClickHouseClient,
  scope: Scope,
  { sink, ranges }: { sink: string; ranges: readonly OffsetRange[] },
): Promise<Counts> {
  const counts = new Counts();
  if (ranges.length === 0) return counts;
  const found = await rows<{ partition: number; minute: number; events: string; offsets: string }>(
    client,
    `WITH arrayZip({partitions:Array(UInt16)}, {froms:Array(UInt64)}, {tos:Array(UInt64)}) AS ranges
SELECT partition, toUnixTimestamp(minute) AS minute, toString(sum(events)) AS events, toString(sum(offsets)) AS offsets
FROM (
  SELECT source_partition AS partition, minute, toInt64(c) AS events, toInt64(o) AS offsets
  FROM check_ledger FINAL ARRAY JOIN minutes AS minute, counts AS c, offset_sums AS o
  WHERE topic_id = {topic:String}
    AND arrayExists(r -> r.1 = source_partition AND first_offset >= r.2 AND first_offset < r.3, ranges)
  UNION ALL
  SELECT source_partition, minute, -1, -toInt64(source_offset)
  FROM check_exceptions FINAL
  WHERE topic_id = {topic:String} AND sink = {sink:String} AND state IN ('open', 'purged', 'repeat', 'deleted')
    AND arrayExists(r -> r.1 = source_partition AND source_offset >= r.2 AND source_offset < r.3, ranges)
)
WHERE minute >= {oldest:DateTime('UTC')}
GROUP BY partition, minute`,
    {
      params: {
        ...scopeParams(scope),
        sink,
        partitions: ranges.map(({ partition }) => partition),
        froms: ranges.map(({ from }) => from),
        tos: ranges.map(({ to }) => to),
      },
    },
  );
  for (const { partition, minute, events, offsets } of found) {
    counts.set({ partition, minute: minute * 1000 }, { events: Number(events), offsetSum: offsets });
  }
  return counts;
}
