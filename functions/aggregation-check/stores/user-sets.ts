import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Scope } from '../scope.ts';
import { scopeParams } from './clickhouse.ts';

/** The users of a day by a shard's raw rows, against those that its rollup has. */
export interface UserSets {
  day: string;
  users: number;
  /** Users of acknowledged rows that the rollup lacks. */
  missing: number;
  /** Users of the rollup without a row at this moment, the first 10,000. */
  strangers: string[];
}

/** Of one shard; days without any difference are left out. */
export async function readUserSets(
  client: ClickHouseClient,
  scope: Scope,
  days: readonly string[],
): Promise<UserSets[]> {
  const found = await rows<{ day: string; users: string; missing: string; strangers: string[] }>(
    client,
    `SELECT toString(day) AS day, toString(bitmapCardinality(seen)) AS users,
  toString(bitmapAndnotCardinality(done, kept)) AS missing,
  arrayMap(user -> toString(user), bitmapToArray(bitmapSubsetLimit(bitmapAndnot(kept, seen), 0, 10000))) AS strangers
FROM (
  SELECT day, groupBitmapMergeState(s) AS seen, groupBitmapMergeState(d) AS done, groupBitmapMergeState(k) AS kept
  FROM (
    SELECT event_date AS day, groupBitmapState(user_id) AS s,
      groupBitmapStateIf(user_id, source_offset < {ends:Array(UInt64)}[source_partition + 1]) AS d,
      groupBitmapStateIf(user_id, 0) AS k
    FROM events_local WHERE event_date IN {days:Array(Date)} GROUP BY day
    UNION ALL
    SELECT event_date, groupBitmapStateIf(toUInt64(0), 0), groupBitmapStateIf(toUInt64(0), 0), groupBitmapMergeState(users)
    FROM users_per_day_local WHERE event_date IN {days:Array(Date)} GROUP BY event_date
  )
  GROUP BY day
)
WHERE missing != '0' OR notEmpty(strangers)
ORDER BY day`,
    { params: { ...scopeParams(scope), days } },
  );
  return found.map(({ day, users, missing, strangers }) => ({
    day,
    users: Number(users),
    missing: Number(missing),
    strangers,
  }));
}

/** Those of the strangers that have no row now either, by day. */
export async function strangersAmong(
  client: ClickHouseClient,
  sets: readonly Pick<UserSets, 'day' | 'strangers'>[],
): Promise<Map<string, string[]>> {
  const stayed = new Map<string, string[]>();
  for (const { day, strangers } of sets) {
    const seen = await rows<{ user: string }>(
      client,
      `SELECT DISTINCT toString(user_id) AS user FROM events_local
WHERE event_date = {day:Date} AND user_id IN {users:Array(UInt64)}`,
      { params: { day, users: strangers.map(BigInt) } },
    );
    const there = new Set(seen.map(({ user }) => user));
    const left = strangers.filter((user) => !there.has(user));
    if (left.length > 0) stayed.set(day, left);
  }
  return stayed;
}
