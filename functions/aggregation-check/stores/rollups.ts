import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Scope } from '../scope.ts';
import { scopeParams } from './clickhouse.ts';
import { readUserSets, strangersAmong } from './user-sets.ts';

/** A rollup that does not say what the raw rows say. */
export interface Drift {
  rollup: 'events_per_minute' | 'users_per_day';
  /** Where there are several. */
  shard?: number;
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
 * Compares every rollup with the raw rows of its shard, while inserts go on. Two tables are never read at the same moment, and an
 * insert that is under way may show in one and not yet in the other; so what differs is read again when everything
 * that was under way has been acknowledged.
 *
 * @param quiet waits until every range that is under way now has been acknowledged; false: not in time.
 */
export async function compareRollups(
  servers: readonly ClickHouseClient[],
  scope: Scope,
  quiet: () => Promise<boolean>,
): Promise<RollupVerdict> {
  const all: RollupVerdict = { drifts: [], changing: 0 };
  for (const [shard, server] of servers.entries()) {
    for (const compare of [compareMinutes, compareDays]) {
      const { drifts, changing } = await compare(server, scope, quiet);
      all.drifts.push(...(servers.length === 1 ? drifts : drifts.map((drift) => ({ ...drift, shard }))));
      all.changing += changing;
    }
  }
  return all;
}

/** A minute has drifted when two readings are the same, raw rows and rollup alike, and differ from each other. */
async function compareMinutes(
  client: ClickHouseClient,
  scope: Scope,
  quiet: () => Promise<boolean>,
): Promise<RollupVerdict> {
  const candidates = await rows<{ time: string }>(
    client,
    minuteComparison("minute >= {oldest:DateTime('UTC')}"),
    { params: { ...scopeParams(scope), limit: most } },
  );
  const drifts: Drift[] = [];
  let open = [...new Set(candidates.map(({ time }) => time))];
  for (let i = 0; i < tries && open.length > 0; i++) {
    const before = await readMinutes(client, scope, open);
    if (!(await quiet())) break;
    const after = await readMinutes(client, scope, open);
    const settled = new Set(
      open.filter((time) => {
        const [x, y] = [before.marks.get(time), after.marks.get(time)];
        return x === y && before.of(time) === after.of(time);
      }),
    );
    drifts.push(...after.drifts.filter(({ time }) => settled.has(time)));
    open = open.filter((time) => !settled.has(time));
  }
  return { drifts, changing: open.length };
}

async function readMinutes(client: ClickHouseClient, scope: Scope, times: readonly string[]) {
  const params = { ...scopeParams(scope), times, limit: most };
  const compared = await rows<Drift>(client, minuteComparison("minute IN {times:Array(DateTime('UTC'))}"), {
    params,
  });
  const drifts = compared.map((each) => ({
    ...each,
    expected: Number(each.expected),
    found: Number(each.found),
  }));
  // After the comparison: raw rows that came in meanwhile show as another mark at the next reading.
  const marks = await rows<{ time: string; mark: string }>(
    client,
    `SELECT toString(toStartOfMinute(timestamp)) AS time,
  concat(toString(count()), ' ', toString(sum(source_offset))) AS mark
FROM events_local WHERE toStartOfMinute(timestamp) IN {times:Array(DateTime('UTC'))} GROUP BY time`,
    { params },
  );
  return {
    drifts,
    marks: new Map(marks.map(({ time, mark }) => [time, mark])),
    of: (time: string) => JSON.stringify(drifts.filter((drift) => drift.time === time)),
  };
}

function minuteComparison(which: string): string {
  return `SELECT 'events_per_minute' AS rollup, toString(minute) AS time, event_type, sum(raw) AS expected, sum(kept) AS found
FROM (
  SELECT toStartOfMinute(timestamp) AS minute, event_type, count() AS raw, 0 AS kept
  FROM events_local GROUP BY minute, event_type
  UNION ALL
  SELECT minute, event_type, 0, sum(events) FROM events_per_minute_local GROUP BY minute, event_type
)
WHERE ${which}
GROUP BY minute, event_type HAVING expected != found
ORDER BY minute, event_type LIMIT {limit:UInt32}`;
}

/**
 * The current day never stands still, but sets can be compared all the same: every user of an acknowledged row must
 * be in the rollup, and every user of the rollup must have a row once what was under way is there.
 */
async function compareDays(
  client: ClickHouseClient,
  scope: Scope,
  quiet: () => Promise<boolean>,
): Promise<RollupVerdict> {
  const candidates = await rows<{ day: string }>(client, dayCandidates, { params: scopeParams(scope) });
  if (candidates.length === 0) return { drifts: [], changing: 0 };
  const sets = await readUserSets(
    client,
    scope,
    candidates.map(({ day }) => day),
  );
  const strange = sets.filter(({ strangers }) => strangers.length > 0);
  const settled = strange.length === 0 || (await quiet());
  const stayed = settled ? await strangersAmong(client, strange) : new Map<string, string[]>();
  const drifts = sets
    .map(({ day, users, missing }) => ({ day, users, missing, surplus: stayed.get(day)?.length ?? 0 }))
    .filter(({ missing, surplus }) => missing + surplus > 0)
    .map(({ day, users, missing, surplus }): Drift => {
      return { rollup: 'users_per_day', time: day, expected: users, found: users - missing + surplus };
    });
  return { drifts, changing: settled ? 0 : strange.length };
}

/** Exact counts from both sides; the raw side comes from a projection. */
const dayCandidates = `SELECT toString(event_date) AS day
FROM (
  SELECT event_date, uniqExact(user_id) AS raw, 0 AS kept FROM events_local GROUP BY event_date
  UNION ALL
  SELECT event_date, 0, groupBitmapMerge(users) FROM users_per_day_local GROUP BY event_date
)
WHERE event_date >= toDate({oldest:DateTime('UTC')})
GROUP BY event_date HAVING sum(raw) != sum(kept)
ORDER BY event_date DESC LIMIT 31`;
