import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createWrite as createClickHouseWrite } from '../../../functions/clickhouse-write/write.ts';
import { createWrite as createMongoWrite } from '../../../functions/mongo-write/write.ts';
import { createQuery } from '../../../functions/query/query.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';
import {
  type ClickHouseFixture,
  type MongoFixture,
  openClickHouse,
  openMongo,
  quietMetrics,
} from './open-stores.ts';

let clickhouse: ClickHouseFixture;
let mongo: MongoFixture;
let query: ReturnType<typeof createQuery>;

const now = Date.now();
const hourMs = 3_600_000;
jest.setTimeout(120_000);
const types = ['page_view', 'click', 'purchase', 'login'];
/** Deterministic, and spread so that every cut meets some. */
const events = Array.from({ length: 2000 }, (_, i) => {
  const skewed = (i * 7919) % 1000;
  return cleanEvent(`question${i}`, {
    event_type: types[Math.floor((skewed * skewed) / 1000) % types.length] as string,
    user_id: i % 7 === 0 ? 12_345 : (i * 31) % 400,
    timestamp: now - ((i * 7_104_731) % (5 * 24 * hourMs)),
    country: ['DE', 'FR', ''][i % 3] as string,
  });
});

beforeAll(async () => {
  [clickhouse, mongo] = await Promise.all([openClickHouse(), openMongo()]);
  const write = createClickHouseWrite({
    clickhouse: clickhouse.clickhouse,
    metrics: quietMetrics,
    now: Date.now,
  });
  const writeMongo = createMongoWrite({ events: mongo.mongo.events(), metrics: quietMetrics, now: Date.now });
  for (let i = 0; i < events.length; i += 500) {
    const { event, batch } = cleanRange(events.slice(i, i + 500), { first: i, partition: i % 3 });
    await Promise.all([write(event, batch), writeMongo(event, batch)]);
  }
  query = createQuery({
    clickhouse: clickhouse.clickhouse,
    events: () => mongo.mongo.events(),
    now: Date.now,
  });
}, 120_000);
afterAll(() => Promise.all([clickhouse?.close(), mongo?.close()]));

type Answer = {
  rows: Record<string, unknown>[];
  meta: { next?: string; computed: string; rows_read: number };
};

async function ask(url: string): Promise<Answer> {
  const [rawPath = '', rawQueryString = ''] = url.split('?');
  const { body } = await query({
    rawPath,
    rawQueryString,
    headers: {},
    requestContext: { http: { method: 'GET' } },
  } as never);
  return JSON.parse(body ?? '');
}

/** As numbers, whatever the format gave; rows of equal count in any order. */
const plain = (rows: Record<string, unknown>[]) =>
  rows.map((row) => JSON.stringify(Object.values(row).map(String))).sort();

describe('the questions word for word, and through query', () => {
  test('1: counts per type and hour', async () => {
    const sql = `SELECT event_type, toHour(timestamp) as hour, count() as event_count FROM events_distributed WHERE event_date >= today() - 1 GROUP BY event_type, hour ORDER BY event_count DESC`;
    const rows = await clickhouse.rows<Record<string, unknown>>(sql);
    expect(rows.length).toBeGreaterThan(20);
    const answer = await ask('/event-counts');
    expect(
      plain(answer.rows.map(({ event_type, hour, event_count }) => ({ event_type, hour, event_count }))),
    ).toEqual(plain(rows));
    expect(answer.meta.computed).toBe('summed from events_per_minute');
  });

  test('2: exact distinct users a day', async () => {
    const sql = `SELECT event_date, uniqExact(user_id) as unique_users FROM events_distributed WHERE event_date >= today() - 7 GROUP BY event_date ORDER BY event_date`;
    const rows = await clickhouse.rows<Record<string, unknown>>(sql);
    expect(rows.length).toBeGreaterThanOrEqual(5);
    expect(plain((await ask('/unique-users')).rows)).toEqual(plain(rows));
  });

  test('3: top event types', async () => {
    const sql = `SELECT event_type, count() as total_events FROM events_distributed WHERE timestamp >= toDateTime('${new Date(now - 24 * hourMs).toISOString().slice(0, 19)}') GROUP BY event_type ORDER BY total_events DESC LIMIT 10`;
    const rows = await clickhouse.rows<Record<string, unknown>>(sql);
    const from = Math.floor((now - 24 * hourMs) / 1000) * 1000;
    const answer = await ask(`/top-events?from=${from}`);
    expect(plain(answer.rows)).toEqual(plain(rows));
    expect(answer.rows.map(({ total_events }) => total_events)).toEqual(
      answer.rows.map(({ total_events }) => Number(total_events)).sort((a, b) => b - a),
    );
    const asItStands = `SELECT event_type, count() as total_events FROM events_distributed WHERE timestamp >= now() - INTERVAL 24 HOUR GROUP BY event_type ORDER BY total_events DESC LIMIT 10`;
    expect((await clickhouse.rows(asItStands)).length).toBe(4);
  });

  test('4: a user’s events, page by page, none twice and none left out', async () => {
    const mine = await mongo.mongo
      .events()
      .find({ user_id: 12_345 })
      .sort({ timestamp: -1 })
      .limit(100)
      .toArray();
    const first = await ask('/users/12345/events?limit=100');
    expect(first.rows.map(({ timestamp }) => timestamp)).toEqual(
      mine.map(({ timestamp }) => timestamp.toISOString()),
    );
    const seen: unknown[] = [];
    let page = await ask('/users/12345/events?limit=17');
    for (;;) {
      seen.push(...page.rows.map(({ _id }) => _id));
      if (page.meta.next === undefined) break;
      page = await ask(`/users/12345/events?limit=17&cursor=${page.meta.next}`);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(events.filter(({ user_id }) => user_id === 12_345).length);
  });

  test('5: events of a type in a range', async () => {
    const [from, to] = [now - 48 * hourMs, now - 24 * hourMs];
    const inside = events.filter(
      (each) => each.event_type === 'click' && each.timestamp >= from && each.timestamp < to,
    );
    const found = await ask(`/events?type=click&from=${from}&to=${to}&limit=1000`);
    expect(found.rows.map(({ _id }) => _id).sort()).toEqual(inside.map(({ event_id }) => event_id).sort());
    expect(inside.length).toBeGreaterThan(10);
  });
});

test('through rollups or through rows: the same answer for any range', async () => {
  // A small generator of its own: the same ranges at every run, relative to now.
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (let i = 0; i < 25; i++) {
    const from = now - random(5 * 24 * hourMs);
    const to = from + 1 + random(i % 2 === 0 ? 5 * 24 * hourMs : 120_000);
    const inside = events.filter(({ timestamp }) => timestamp >= from && timestamp < to);
    const byType = Object.entries(Object.groupBy(inside, ({ event_type }) => event_type)).map(
      ([type, all]) => [type, all?.length],
    );
    const counted = await ask(`/top-events?from=${from}&to=${to}`);
    expect(
      Object.fromEntries(counted.rows.map(({ event_type, total_events }) => [event_type, total_events])),
    ).toEqual(Object.fromEntries(byType));
    const users = await ask(`/unique-users?granularity=all&from=${from}&to=${to}`);
    expect(users.rows).toEqual([{ unique_users: new Set(inside.map(({ user_id }) => user_id)).size }]);
  }
}, 120_000);

test('filters and breakdowns', async () => {
  const from = now - 5 * 24 * hourMs;
  const { rows } = await ask(
    `/event-counts?granularity=all&by=country&from=${from}&type=click,login&property.sku=A-1`,
  );
  const expected = Object.groupBy(
    events.filter(
      ({ event_type, timestamp }) => ['click', 'login'].includes(event_type) && timestamp >= from,
    ),
    ({ country }) => country,
  );
  expect(Object.fromEntries(rows.map(({ country, event_count }) => [country, event_count]))).toEqual(
    Object.fromEntries(Object.entries(expected).map(([country, all]) => [country, all?.length])),
  );
});
