import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Collection, Document } from 'mongodb';
import { rows, type Shard } from '../../../shared/clients/clickhouse/index.ts';
import { filterOf, isMeant, type Meant, paramsOf } from './places.ts';

const finished = { mutations_sync: '2' as const };

/** @returns how many documents were deleted. */
export async function deleteFromMongo(events: Collection<Document>, meant: Meant): Promise<number> {
  return (await events.deleteMany(filterOf(meant))).deletedCount;
}

/**
 * Rows, then the shard's rollups. Nobody writes rows below the ends any more, so the counts taken before are those
 * that go; what is written into rollups commutes with inserts.
 *
 * @returns how many rows were deleted.
 */
export async function deleteFromShard({ replicas }: Shard, meant: Meant): Promise<number> {
  const client = replicas[0] as ClickHouseClient;
  const params = paramsOf(meant);
  const counts = await rows<{ minute: string; event_type: string; category: string; events: string }>(
    client,
    `SELECT toString(toStartOfMinute(timestamp)) AS minute, event_type, category, toString(count()) AS events
FROM events_local WHERE ${isMeant} GROUP BY minute, event_type, category`,
    { params },
  );
  if (counts.length > 0) {
    await client.command({
      query: `ALTER TABLE events_local DELETE WHERE ${isMeant}`,
      query_params: params,
      clickhouse_settings: finished,
    });
    await client.insert({
      table: 'events_per_minute_local',
      format: 'JSONEachRow',
      // Sums of UInt64 wrap around: the negative, modulo 2^64.
      values: counts.map((each) => ({ ...each, events: String(BigInt.asUintN(64, -BigInt(each.events))) })),
      clickhouse_settings: { insert_deduplication_token: `delete:${randomUUID()}` },
    });
  }
  await leaveSets(client, meant.userId);
  return counts.reduce((sum, { events }) => sum + Number(events), 0);
}

/** Takes the user out of every day that has no row of theirs left. */
async function leaveSets(client: ClickHouseClient, userId: number): Promise<void> {
  const days = await daysWith(client, userId);
  if (days.length === 0) return;
  await client.command({
    query: `ALTER TABLE users_per_day_local UPDATE users = bitmapAndnot(users, bitmapBuild({users:Array(UInt64)}))
WHERE event_date IN {days:Array(Date)}`,
    query_params: { users: [userId], days },
    clickhouse_settings: finished,
  });
  // Whoever came back meanwhile.
  await client.command({
    query: `INSERT INTO users_per_day_local (event_date, users)
SELECT event_date, groupBitmapState(user_id) FROM events_local
WHERE user_id = {user:UInt64} AND event_date IN {days:Array(Date)} GROUP BY event_date`,
    query_params: { user: userId, days },
    clickhouse_settings: { insert_deduplicate: 0 },
  });
}

/** Days whose set has the user, though no row does. */
export async function daysWith(client: ClickHouseClient, userId: number): Promise<string[]> {
  const found = await rows<{ day: string }>(
    client,
    `SELECT DISTINCT toString(event_date) AS day FROM users_per_day_local WHERE bitmapContains(users, {user:UInt64})
  AND event_date NOT IN (SELECT event_date FROM events_local WHERE user_id = {user:UInt64})
ORDER BY day`,
    { params: { user: userId } },
  );
  return found.map(({ day }) => day);
}
