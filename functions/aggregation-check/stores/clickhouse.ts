import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import { dateTimeText } from '../../../shared/events/time.ts';
import { type Bucket, Counts, compareCounts, type Mismatch } from '../counts.ts';
import type { Scope } from '../scope.ts';

/**
 * Kafka's ledger against the raw rows of all shards, every minute of them: the rows come from the projection
 * `counts`, which is part of the same data parts. Hours are compared first, so that what has to be brought together
 * from several servers stays small, then the minutes of those that differ.
 *
 * @param servers one of every shard; the first has the ledger.
 * @returns buckets in which they differ, at most `limit`, oldest first.
 */
export async function compareClickhouse(
  servers: readonly ClickHouseClient[],
  scope: Scope,
  limit: number,
): Promise<Mismatch[]> {
  const hours = await differingHours(servers, scope);
  if (hours.length === 0) return [];
  const expected = await ledgerMinutes(servers, scope, hours);
  const { counts, lastOf } = await storedMinutes(servers, scope, hours);
  const all = compareCounts(expected, counts);
  // Rows that came in since belong to no bound of this check: those buckets are counted again without them.
  const isBeyond = (bucket: Bucket) => lastOf(bucket) >= (scope.ends[bucket.partition] ?? 0);
  const beyond = all.filter(isBeyond).slice(0, limit);
  const recounted = beyond.length === 0 ? new Counts() : await countBelow(servers, scope, beyond);
  const expectedBeyond = new Counts();
  for (const bucket of beyond) {
    const count = expected.get(bucket);
    if (count !== undefined) expectedBeyond.set(bucket, count);
  }
  return [...all.filter((bucket) => !isBeyond(bucket)), ...compareCounts(expectedBeyond, recounted)]
    .sort((a, b) => a.minute - b.minute || a.partition - b.partition)
    .slice(0, limit);
}

const aboveBase = 'source_offset >= {bases:Array(UInt64)}[source_partition + 1]';
const belowEnd = 'source_offset < {ends:Array(UInt64)}[source_partition + 1]';

/** Kafka's counts by minute, without what the sink need not have. */
const ledgerByMinute = `SELECT partition, minute, sum(n) AS events, sum(o) AS offsets, 0 AS last
FROM (
  SELECT source_partition AS partition, minute, toInt64(c) AS n, toInt64(o) AS o
  FROM check_ledger FINAL ARRAY JOIN minutes AS minute, counts AS c, offset_sums AS o
  WHERE topic_id = {topic:String} AND first_offset >= {bases:Array(UInt64)}[source_partition + 1]
  UNION ALL
  SELECT source_partition, minute, -1, -toInt64(source_offset)
  FROM check_exceptions FINAL
  WHERE topic_id = {topic:String} AND sink = 'clickhouse-write' AND state IN ('open', 'purged', 'deleted')
    AND ${aboveBase} AND ${belowEnd}
)
GROUP BY partition, minute`;

function storedByMinute({ bases }: Scope): string {
  // With a filter on the offset the projection cannot serve; it is only needed where the ledger began late.
  const fromBase = bases.some((base) => base > 0) ? `WHERE ${aboveBase}` : '';
  return `SELECT source_partition AS partition, toStartOfMinute(timestamp) AS minute, count() AS events,
  sum(source_offset) AS offsets, max(source_offset) AS last
FROM events_local ${fromBase}
GROUP BY partition, minute`;
}

/**
 * Hours (seconds since 1970) that are not alike. The mark of an hour is a sum, and so adds up over shards, in which
 * every minute has a weight of its own: what one minute lacks and another has too much does not even out.
 */
async function differingHours(servers: readonly ClickHouseClient[], scope: Scope): Promise<number[]> {
  const hourly = (minutes: string) => `SELECT partition, toUnixTimestamp(toStartOfHour(minute)) AS hour,
  toString(sum((offsets + 1000003 * events) * cityHash64(minute))) AS mark
FROM (${minutes}) WHERE minute >= {oldest:DateTime('UTC')} GROUP BY partition, hour`;
  const ask = (client: ClickHouseClient, minutes: string) =>
    rows<{ partition: number; hour: number; mark: string }>(client, hourly(minutes), {
      params: scopeParams(scope),
    });
  const marks = new Map<string, { hour: number; mark: bigint }>();
  const add = (found: Awaited<ReturnType<typeof ask>>, sign: bigint) => {
    for (const { partition, hour, mark } of found) {
      const key = `${partition}/${hour}`;
      marks.set(key, { hour, mark: (marks.get(key)?.mark ?? 0n) + sign * BigInt(mark) });
    }
  };
  add(await ask(homeOf(servers), ledgerByMinute), -1n);
  for (const server of servers) add(await ask(server, storedByMinute(scope)), 1n);
  const different = [...marks.values()].filter(({ mark }) => BigInt.asUintN(64, mark) !== 0n);
  return [...new Set(different.map(({ hour }) => hour))].sort((a, b) => a - b).slice(0, mostHours);
}

/** As many are looked into at once; the rest shows when these are mended. */
const mostHours = 200;

interface MinuteRow {
  partition: number;
  /** Of the minute's start, since 1970. */
  seconds: number;
  events: string;
  offsets: string;
  /** Highest offset among the rows. */
  last: string;
}

function minutesOf(
  client: ClickHouseClient,
  scope: Scope,
  { minutes, hours }: { minutes: string; hours: readonly number[] },
): Promise<MinuteRow[]> {
  return rows<MinuteRow>(
    client,
    `SELECT partition, toUnixTimestamp(minute) AS seconds, toString(events) AS events,
  toString(offsets) AS offsets, toString(last) AS last
FROM (${minutes})
WHERE minute >= {oldest:DateTime('UTC')} AND toUnixTimestamp(toStartOfHour(minute)) IN {hours:Array(UInt32)}`,
    { params: { ...scopeParams(scope), hours } },
  );
}

async function ledgerMinutes(
  servers: readonly ClickHouseClient[],
  scope: Scope,
  hours: readonly number[],
): Promise<Counts> {
  const counts = new Counts();
  for (const { partition, seconds, events, offsets } of await minutesOf(homeOf(servers), scope, {
    minutes: ledgerByMinute,
    hours,
  })) {
    counts.add({ partition, minute: seconds * 1000 }, { events: Number(events), offsetSum: offsets });
  }
  return counts;
}

async function storedMinutes(
  servers: readonly ClickHouseClient[],
  scope: Scope,
  hours: readonly number[],
): Promise<{ counts: Counts; lastOf: (bucket: Bucket) => number }> {
  const counts = new Counts();
  const lasts = new Map<string, number>();
  for (const server of servers) {
    for (const row of await minutesOf(server, scope, { minutes: storedByMinute(scope), hours })) {
      const { partition, seconds, events, offsets, last } = row;
      counts.add({ partition, minute: seconds * 1000 }, { events: Number(events), offsetSum: offsets });
      const key = `${partition}/${seconds * 1000}`;
      lasts.set(key, Math.max(lasts.get(key) ?? 0, Number(last)));
    }
  }
  return { counts, lastOf: ({ partition, minute }) => lasts.get(`${partition}/${minute}`) ?? -1 };
}

/** The rows of these buckets, without those that came in beyond the check's ends. */
async function countBelow(
  servers: readonly ClickHouseClient[],
  scope: Scope,
  buckets: readonly Bucket[],
): Promise<Counts> {
  const wanted = new Set(buckets.map(({ partition, minute }) => `${partition}/${minute}`));
  const counts = new Counts();
  for (const server of servers) {
    const found = await rows<Omit<MinuteRow, 'last'>>(
      server,
      `SELECT source_partition AS partition, toUnixTimestamp(toStartOfMinute(timestamp)) AS seconds,
  toString(count()) AS events, toString(sum(source_offset)) AS offsets
FROM events_local
WHERE toStartOfMinute(timestamp) IN {minutes:Array(DateTime('UTC'))} AND ${aboveBase} AND ${belowEnd}
GROUP BY partition, seconds`,
      { params: { ...scopeParams(scope), minutes: minutesParam(buckets.map(({ minute }) => minute)) } },
    );
    for (const { partition, seconds, events, offsets } of found) {
      if (!wanted.has(`${partition}/${seconds * 1000}`)) continue;
      counts.add({ partition, minute: seconds * 1000 }, { events: Number(events), offsetSum: offsets });
    }
  }
  return counts;
}

/** The event ids at each offset of a bucket, in all shards. */
export async function clickhousePlaces(
  servers: readonly ClickHouseClient[],
  scope: Scope,
  { partition, minute }: Bucket,
): Promise<Map<number, string[]>> {
  const places = new Map<number, string[]>();
  for (const server of servers) {
    const found = await rows<{ offset: string; ids: string[] }>(
      server,
      `SELECT source_offset AS offset, groupArray(toString(event_id)) AS ids FROM events_local
WHERE timestamp >= {from:DateTime('UTC')} AND timestamp < {from:DateTime('UTC')} + INTERVAL 1 MINUTE
  AND source_partition = {partition:UInt16} AND ${aboveBase} AND ${belowEnd}
GROUP BY offset`,
      { params: { ...scopeParams(scope), partition, from: dateTimeText(minute).slice(0, 19) } },
    );
    for (const { offset, ids } of found) {
      places.set(Number(offset), [...(places.get(Number(offset)) ?? []), ...ids]);
    }
  }
  return places;
}

/** The server that has the check's own tables: the first shard's. */
export function homeOf(servers: readonly ClickHouseClient[]): ClickHouseClient {
  return servers[0] as ClickHouseClient;
}

export function scopeParams({ topicId, bases, ends, oldestMs }: Scope): Record<string, unknown> {
  return { topic: topicId, bases, ends, oldest: dateTimeText(oldestMs).slice(0, 19) };
}

function minutesParam(minutes: readonly number[]): string[] {
  return [...new Set(minutes)].map((minute) => dateTimeText(minute).slice(0, 19));
}
