import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import { dateTimeText } from '../../../shared/events/time.ts';
import type { Bucket, Mismatch } from '../counts.ts';
import type { Scope } from '../scope.ts';

/**
 * Kafka's ledger against the raw rows of ClickHouse, every minute of them: the rows come from the projection
 * `counts`, which is part of the same data parts, so that this costs a fraction of a second for any age.
 *
 * @returns buckets in which they differ, at most `limit`, oldest first.
 */
export async function compareClickhouse(
  client: ClickHouseClient,
  scope: Scope,
  limit: number,
): Promise<Mismatch[]> {
  const found = await rows<Candidate>(client, candidatesQuery(scope), {
    params: { ...scopeParams(scope), limit },
  });
  const [beyond, final] = partition(
    found,
    ({ partition, last }) => Number(last) >= (scope.ends[partition] ?? 0),
  );
  // Rows that came in since belong to no bound of this check: those buckets are counted again without them.
  const below = beyond.length === 0 ? new Map<string, RowCount>() : await countBelow(client, scope, beyond);
  const recounted = beyond.map((candidate) => ({
    ...candidate,
    ...(below.get(`${candidate.partition}/${candidate.minute}`) ?? { found: '0', found_offsets: '0' }),
  }));
  return [...final, ...recounted]
    .filter((each) => each.expected !== each.found || each.expected_offsets !== each.found_offsets)
    .map(({ partition, minute, expected, found }) => ({
      partition,
      minute: Number(minute) * 1000,
      expected: Number(expected),
      found: Number(found),
    }))
    .sort((a, b) => a.minute - b.minute || a.partition - b.partition);
}

interface RowCount {
  found: string;
  found_offsets: string;
}

interface Candidate extends RowCount {
  partition: number;
  /** Seconds since 1970. */
  minute: number;
  expected: string;
  expected_offsets: string;
  /** Highest offset among the rows. */
  last: string;
}

function candidatesQuery({ bases }: Scope): string {
  // With a filter on the offset the projection cannot serve; it is only needed where the ledger began late.
  const fromBase = bases.some((base) => base > 0) ? `AND ${aboveBase}` : '';
  return `SELECT partition, toUnixTimestamp(minute) AS minute,
  toString(sum(ledger) - sum(excused)) AS expected, toString(sum(ledger_offsets) - sum(excused_offsets)) AS expected_offsets,
  toString(sum(stored)) AS found, toString(sum(stored_offsets)) AS found_offsets, toString(max(last_offset)) AS last
FROM (
  SELECT source_partition AS partition, minute, sum(c) AS ledger, sum(o) AS ledger_offsets,
         0 AS excused, 0 AS excused_offsets, 0 AS stored, 0 AS stored_offsets, 0 AS last_offset
  FROM check_ledger FINAL ARRAY JOIN minutes AS minute, counts AS c, offset_sums AS o
  WHERE topic_id = {topic:String} AND first_offset >= {bases:Array(UInt64)}[source_partition + 1]
  GROUP BY source_partition, minute
  UNION ALL
  SELECT source_partition, minute, 0, 0, count(), sum(source_offset), 0, 0, 0
  FROM check_exceptions FINAL
  WHERE topic_id = {topic:String} AND sink = 'clickhouse-write' AND state IN ('open', 'purged', 'deleted')
    AND source_offset < {ends:Array(UInt64)}[source_partition + 1]
  GROUP BY source_partition, minute
  UNION ALL
  SELECT source_partition, toStartOfMinute(timestamp) AS minute, 0, 0, 0, 0, count(), sum(source_offset), max(source_offset)
  FROM events_distributed WHERE 1 ${fromBase}
  GROUP BY source_partition, minute
)
WHERE minute >= {oldest:DateTime('UTC')}
GROUP BY partition, minute
HAVING expected != found OR expected_offsets != found_offsets
ORDER BY minute, partition LIMIT {limit:UInt32}`;
}

const aboveBase = 'source_offset >= {bases:Array(UInt64)}[source_partition + 1]';
const belowEnd = 'source_offset < {ends:Array(UInt64)}[source_partition + 1]';

async function countBelow(
  client: ClickHouseClient,
  scope: Scope,
  buckets: readonly { minute: number }[],
): Promise<Map<string, RowCount>> {
  const found = await rows<RowCount & { partition: number; minute: number }>(
    client,
    `SELECT source_partition AS partition, toUnixTimestamp(toStartOfMinute(timestamp)) AS minute,
  toString(count()) AS found, toString(sum(source_offset)) AS found_offsets
FROM events_distributed
WHERE toStartOfMinute(timestamp) IN {minutes:Array(DateTime('UTC'))} AND ${aboveBase} AND ${belowEnd}
GROUP BY partition, minute`,
    { params: { ...scopeParams(scope), minutes: minutesParam(buckets.map(({ minute }) => minute * 1000)) } },
  );
  return new Map(found.map(({ partition, minute, ...count }) => [`${partition}/${minute}`, count]));
}

/** The event ids at each offset of a bucket. */
export async function clickhousePlaces(
  client: ClickHouseClient,
  scope: Scope,
  { partition, minute }: Bucket,
): Promise<Map<number, string[]>> {
  const found = await rows<{ offset: string; ids: string[] }>(
    client,
    `SELECT source_offset AS offset, groupArray(toString(event_id)) AS ids FROM events_distributed
WHERE timestamp >= {from:DateTime('UTC')} AND timestamp < {from:DateTime('UTC')} + INTERVAL 1 MINUTE
  AND source_partition = {partition:UInt16} AND ${aboveBase} AND ${belowEnd}
GROUP BY offset`,
    { params: { ...scopeParams(scope), partition, from: dateTimeText(minute).slice(0, 19) } },
  );
  return new Map(found.map(({ offset, ids }) => [Number(offset), ids]));
}

export function scopeParams({ topicId, bases, ends, oldestMs }: Scope): Record<string, unknown> {
  return { topic: topicId, bases, ends, oldest: dateTimeText(oldestMs).slice(0, 19) };
}

export function minutesParam(minutes: readonly number[]): string[] {
  return [...new Set(minutes)].map((minute) => dateTimeText(minute).slice(0, 19));
}

function partition<T>(values: readonly T[], test: (value: T) => boolean): [yes: T[], no: T[]] {
  return [values.filter(test), values.filter((value) => !test(value))];
}
