import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Scope } from '../scope.ts';
import { scopeParams } from './clickhouse.ts';

/** A rollup that does not say what the raw rows say. */
export interface Drift {
  rollup: 'events_per_minute' | 'users_per_day';
  /** Start of the minute or day, `YYYY-MM-DD hh:mm:ss` or `YYYY-MM-DD`, UTC. */
  time: string;
  event_type?: string;
  /** By the raw rows. */
  expected: number;
  found: number;
}

export interface RollupVerdict {
  drifts: Drift[];
  /** Minutes and days that differed, but whose raw rows were changing meanwhile: nothing can be said of them. */
  changing: number;
}

/** Most differences that are followed up, per rollup. */
const most = 1000;
const tries = 3;

/**
 * Compares every rollup with the raw rows. Two tables are never read at the same moment: what differs is read again
 * between two equal readings of the raw rows, and only if all of these are acknowledged.
 */
export async function compareRollups(client: ClickHouseClient, scope: Scope): Promise<RollupVerdict> {
  const verdict: RollupVerdict = { drifts: [], changing: 0 };
  for (const rollup of [eventsPerMinute, usersPerDay]) {
    const candidates = await rows<{ time: string }>(client, rollup.differences(), {
      params: { ...scopeParams(scope), limit: most },
    });
    let open = [...new Set(candidates.map(({ time }) => time))];
    for (let i = 0; i < tries && open.length > 0; i++) {
      if (i > 0) await delay(300);
      const { settled, drifts } = await readStill(client, scope, rollup, open);
      verdict.drifts.push(...drifts);
      open = open.filter((time) => !settled.has(time));
    }
    verdict.changing += open.length;
  }
  return verdict;
}

interface Rollup {
  differences(): string;
  /** Per time: a mark that changes with the raw rows, and whether all of them are below the scope's ends. */
  raw(): string;
  compare(): string;
}

async function readStill(client: ClickHouseClient, scope: Scope, rollup: Rollup, times: readonly string[]) {
  const params = { ...scopeParams(scope), times, limit: most };
  const marks = () => rows<{ time: string; mark: string; below: number }>(client, rollup.raw(), { params });
  const before = new Map((await marks()).map((row) => [row.time, row]));
  const compared = await rows<Drift>(client, rollup.compare(), { params });
  const after = new Map((await marks()).map((row) => [row.time, row]));
  const settled = new Set(
    times.filter((time) => {
      const [x, y] = [before.get(time), after.get(time)];
      return x?.mark === y?.mark && (x === undefined || x.below === 1);
    }),
  );
  return { settled, drifts: compared.filter(({ time }) => settled.has(time)).map(plain) };
}

function plain(drift: Drift): Drift {
  return { ...drift, expected: Number(drift.expected), found: Number(drift.found) };
}

const belowEnd = 'source_offset < {ends:Array(UInt64)}[source_partition + 1]';

const eventsPerMinute: Rollup = {
  differences: () => minuteComparison("minute >= {oldest:DateTime('UTC')}"),
  raw: () => `SELECT toString(toStartOfMinute(timestamp)) AS time,
  concat(toString(count()), ' ', toString(sum(source_offset))) AS mark, min(${belowEnd}) AS below
FROM events_distributed WHERE toStartOfMinute(timestamp) IN {times:Array(DateTime('UTC'))} GROUP BY time`,
  compare: () => minuteComparison("minute IN {times:Array(DateTime('UTC'))}"),
};

function minuteComparison(which: string): string {
  return `SELECT 'events_per_minute' AS rollup, toString(minute) AS time, event_type, sum(raw) AS expected, sum(kept) AS found
FROM (
  SELECT toStartOfMinute(timestamp) AS minute, event_type, count() AS raw, 0 AS kept
  FROM events_distributed GROUP BY minute, event_type
  UNION ALL
  SELECT minute, event_type, 0, sum(events) FROM events_per_minute GROUP BY minute, event_type
)
WHERE ${which}
GROUP BY minute, event_type HAVING expected != found
ORDER BY minute LIMIT {limit:UInt32}`;
}

const usersPerDay: Rollup = {
  differences: () => dayComparison("event_date >= toDate({oldest:DateTime('UTC')})"),
  raw: () => `SELECT toString(event_date) AS time,
  concat(toString(count()), ' ', toString(sum(source_offset))) AS mark, min(${belowEnd}) AS below
FROM events_distributed WHERE event_date IN {times:Array(Date)} GROUP BY time`,
  compare: () => dayComparison('event_date IN {times:Array(Date)}'),
};

function dayComparison(which: string): string {
  return `SELECT 'users_per_day' AS rollup, toString(event_date) AS time, sum(raw) AS expected, sum(kept) AS found
FROM (
  SELECT event_date, uniqExact(user_id) AS raw, 0 AS kept FROM events_distributed GROUP BY event_date
  UNION ALL
  SELECT event_date, 0, groupBitmapMerge(users) FROM users_per_day GROUP BY event_date
)
WHERE ${which}
GROUP BY event_date HAVING expected != found
ORDER BY event_date LIMIT {limit:UInt32}`;
}
