import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Scope } from '../scope.ts';
import { readUserSets, strangersAmong } from '../stores/user-sets.ts';
import type { Inserts } from './inserts.ts';
import { statementMs } from './lease.ts';

const bounded = { max_execution_time: statementMs / 1000 };

interface Mending {
  scope: Scope;
  /** Start of each, `YYYY-MM-DD hh:mm:ss`, UTC. */
  minutes: readonly string[];
  /** `YYYY-MM-DD`. */
  days: readonly string[];
  /** Waits until every range that is under way now has been acknowledged; false: not in time. */
  quiet: () => Promise<boolean>;
  beforeEach: () => Promise<void>;
  inserts: Pick<Inserts, 'minutes'>;
}

/**
 * Makes rollups say what the raw rows of their shard say, while inserts go on: whatever is written here commutes with
 * what inserts add. Counts get the difference to the raw rows as one more summand, so that nothing that comes in at
 * the same time is overwritten; sets get the users they lack, and lose those without a row.
 *
 * @returns how many entries were mended.
 */
export async function mendRollups(servers: readonly ClickHouseClient[], mending: Mending): Promise<number> {
  let mended = 0;
  for (const [shard, server] of servers.entries()) {
    mended += await mendMinutes(server, shard, mending);
    mended += await mendDays(server, mending);
  }
  return mended;
}

interface MinuteEntry {
  minute: string;
  event_type: string;
  category: string;
  raw: string;
  offsets: string;
  kept: string;
}

/** An entry that reads the same before and after everything under way was acknowledged is what it is. */
async function mendMinutes(
  client: ClickHouseClient,
  shard: number,
  { minutes, quiet, inserts }: Mending,
): Promise<number> {
  if (minutes.length === 0) return 0;
  const before = await readEntries(client, minutes);
  if (before.length === 0 || !(await quiet())) return 0;
  const known = new Set(before.map((entry) => JSON.stringify(entry)));
  const settled = (await readEntries(client, minutes)).filter((entry) => known.has(JSON.stringify(entry)));
  if (settled.length === 0) return 0;
  await inserts.minutes(
    shard,
    settled.map(({ minute, event_type, category, raw, kept }) => ({
      minute,
      event_type,
      category,
      // Sums of UInt64 wrap around: what is added for a surplus is its negative, modulo 2^64.
      events: String(BigInt.asUintN(64, BigInt(raw) - BigInt(kept))),
    })),
  );
  return settled.length;
}

/** Entries that differ, with marks that change with the raw rows. */
function readEntries(client: ClickHouseClient, minutes: readonly string[]): Promise<MinuteEntry[]> {
  return rows<MinuteEntry>(
    client,
    `SELECT toString(minute) AS minute, event_type, category, toString(sum(raw)) AS raw,
  toString(sum(offsets)) AS offsets, toString(sum(kept)) AS kept
FROM (
  SELECT toStartOfMinute(timestamp) AS minute, event_type, category, count() AS raw, sum(source_offset) AS offsets,
    toUInt64(0) AS kept
  FROM events_local WHERE toStartOfMinute(timestamp) IN {minutes:Array(DateTime('UTC'))}
  GROUP BY minute, event_type, category
  UNION ALL
  SELECT minute, event_type, category, 0, 0, sum(events) FROM events_per_minute_local
  WHERE minute IN {minutes:Array(DateTime('UTC'))} GROUP BY minute, event_type, category
)
GROUP BY minute, event_type, category HAVING raw != kept
ORDER BY minute, event_type, category`,
    { params: { minutes } },
  );
}

async function mendDays(
  client: ClickHouseClient,
  { scope, days, quiet, beforeEach }: Mending,
): Promise<number> {
  if (days.length === 0) return 0;
  const sets = await readUserSets(client, scope, days);
  const strange = sets.filter(({ strangers }) => strangers.length > 0);
  const stayed =
    strange.length > 0 && (await quiet())
      ? await strangersAmong(client, strange)
      : new Map<string, string[]>();
  for (const [day, users] of stayed) {
    await beforeEach();
    const [clock] = await rows<{ deadline: number }>(
      client,
      `SELECT toUnixTimestamp(now()) + ${statementMs / 1000} AS deadline`,
    );
    await client.command({
      // One that arrives late, after another repair, would take out users who have rows by then: it does nothing.
      query: `ALTER TABLE users_per_day_local UPDATE users = bitmapAndnot(users, bitmapBuild({users:Array(UInt64)}))
WHERE event_date = {day:Date} AND toUnixTimestamp(now()) < {deadline:UInt32}`,
      query_params: { day, users: users.map(BigInt), deadline: clock?.deadline ?? 0 },
      clickhouse_settings: {
        ...bounded,
        mutations_sync: '1',
        // Decided once, when it arrives, and the same for all replicas.
        mutations_execute_nondeterministic_on_initiator: 1,
      },
    });
  }
  // Last: a user who came back between the two readings was taken out above, and gets in again here.
  const lacking = new Set([
    ...stayed.keys(),
    ...sets.filter(({ missing }) => missing > 0).map(({ day }) => day),
  ]);
  for (const day of lacking) {
    await beforeEach();
    await client.command({
      query: `INSERT INTO users_per_day_local (event_date, users)
SELECT event_date, groupBitmapState(user_id) FROM events_local WHERE event_date = {day:Date} GROUP BY event_date`,
      query_params: { day },
      // The same set may have to be added a second time.
      clickhouse_settings: { ...bounded, insert_deduplicate: 0 },
    });
  }
  return lacking.size;
}
