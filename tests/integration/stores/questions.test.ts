import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createWrite as createClickHouseWrite } from '../../../functions/clickhouse-write/write.ts';
import { createWrite as createMongoWrite } from '../../../functions/mongo-write/write.ts';
import { ask as askClickhouse, standardLimits } from '../../../functions/query/ask.ts';
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
  meta: { next?: string; computed: string; sql?: string; rows_read: number };
};

/** An answer; the SQL in it, asked word for word, has the same rows. */
async function ask(url: string): Promise<Answer> {
  const [rawPath = '', rawQueryString = ''] = url.split('?');
  const { body } = await query({
    rawPath,
    rawQueryString,
    headers: {},
    requestContext: { http: { method: 'GET' } },
  } as never);
  const answer: Answer = JSON.parse(body ?? '');
  const { sql } = answer.meta;
  if (answer.meta.rows_read !== undefined)
    expect(plain(await clickhouse.rows(sql ?? ''))).toEqual(plain(answer.rows));
  return answer;
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

const ranges = fc
  .tuple(
    fc.integer({ min: 0, max: 5 * 24 * hourMs }),
    fc.integer({ min: 0, max: 5 * 24 * hourMs }),
    fc.boolean(),
  )
  .map(([ago, length, short]) => ({
    from: now - ago,
    to: now - ago + 1 + (short ? length % 120_000 : length),
  }));
const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
);
const typeFilter = fc.subarray(types, { minLength: 1 });

/** The same question in plain words, answered from the rows alone. */
const fromRows = (bucket: string, what: string, where: string) =>
  clickhouse.rows<Record<string, unknown>>(
    `SELECT toString(${bucket}) AS bucket, ${what} AS number FROM events_local WHERE ${where} GROUP BY bucket`,
  );
const rangeOf = ({ from, to }: { from: number; to: number }) =>
  `timestamp >= fromUnixTimestamp64Milli(${from}) AND timestamp < fromUnixTimestamp64Milli(${to})`;
const pairs = (rows: Record<string, unknown>[], bucket: string, number: string) =>
  Object.fromEntries(rows.map((row) => [String(row[bucket]), Number(row[number])]));

describe('through rollups or through rows: the same answer for any question', () => {
  const buckets = {
    minute: 'toStartOfMinute(timestamp, Z)',
    hour: 'toStartOfHour(timestamp, Z)',
    'hour-of-day': 'toHour(timestamp, Z)',
    day: 'toDate(timestamp, Z)',
    week: 'toMonday(timestamp, Z)',
    month: 'toStartOfMonth(timestamp, Z)',
  };
  // Shrinking would ask hundreds of times more.
  const options = { numRuns: 12, endOnFailure: true };

  test('counts', async () => {
    await fc.assert(
      fc.asyncProperty(
        ranges,
        fc.constantFrom(...(Object.keys(buckets) as (keyof typeof buckets)[])),
        zones,
        typeFilter,
        async (range, granularity, zone, type) => {
          const answer = await ask(
            `/event-counts?granularity=${granularity}&by=&zone=${zone}&type=${type}&from=${range.from}&to=${range.to}&limit=100000`,
          );
          const raw = await fromRows(
            buckets[granularity].replace('Z', `'${zone}'`),
            'count()',
            `${rangeOf(range)} AND event_type IN ('${type.join("','")}')`,
          );
          const time = granularity === 'hour-of-day' ? 'hour' : 'time';
          expect(pairs(answer.rows, time, 'event_count')).toEqual(pairs(raw, 'bucket', 'number'));
        },
      ),
      options,
    );
  });

  test('distinct users', async () => {
    await fc.assert(
      fc.asyncProperty(
        ranges,
        fc.constantFrom('all', 'day', 'week', 'month'),
        zones,
        async (range, period, zone) => {
          const answer = await ask(
            `/unique-users?granularity=${period}&zone=${zone}&from=${range.from}&to=${range.to}`,
          );
          const bucket = period === 'all' ? "'all'" : buckets[period as 'day'].replace('Z', `'${zone}'`);
          const raw = await fromRows(bucket, 'uniqExact(user_id)', rangeOf(range));
          const rows = answer.rows.map((row) => ({ event_date: 'all', ...row }));
          const found = pairs(rows, 'event_date', 'unique_users');
          // Nobody at all is a row of zero, where periods are not counted apart.
          if (raw.length === 0 && period === 'all') expect(found).toEqual({ all: 0 });
          else expect(found).toEqual(pairs(raw, 'bucket', 'number'));
        },
      ),
      options,
    );
  });
});

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

describe('what users do', () => {
  const from = now - 5 * 24 * hourMs - 1;
  const byUser = () => [...Map.groupBy(events, ({ user_id }) => user_id).values()];

  test('funnel: steps in their order, within a time', async () => {
    const steps = ['page_view', 'click', 'purchase'];
    const within = 12 * 3600;
    const levels = byUser().map((all) => {
      const sorted = [...all].sort((a, b) => a.timestamp - b.timestamp);
      return Math.max(
        0,
        ...sorted.map((first, i) => {
          if (first.event_type !== steps[0]) return 0;
          let level = 1;
          for (const next of sorted.slice(i + 1)) {
            if (next.timestamp - first.timestamp > within * 1000) break;
            if (next.event_type === steps[level]) level++;
          }
          return level;
        }),
      );
    });
    const { rows } = await ask(`/funnel?steps=${steps}&within=${within}&from=${from}`);
    expect(rows).toEqual(
      steps.map((event_type, i) => ({
        step: i + 1,
        event_type,
        users: levels.filter((level) => level > i).length,
      })),
    );
  });

  test('retention: cohorts of days', async () => {
    const day = (ms: number) => Math.floor(ms / (24 * hourMs));
    const expected = new Map<string, number>();
    for (const all of byUser()) {
      const starts = all
        .filter(({ event_type }) => event_type === 'page_view')
        .map((each) => day(each.timestamp));
      if (starts.length === 0) continue;
      const cohort = Math.min(...starts);
      for (const seen of new Set(all.map((each) => day(each.timestamp)))) {
        const key = `${cohort}+${seen - cohort}`;
        if (seen >= cohort) expected.set(key, (expected.get(key) ?? 0) + 1);
      }
    }
    const { rows } = await ask(`/retention?first=page_view&from=${from}`);
    const found = rows.map(({ cohort, periods_later, users }) => [
      `${day(Date.parse(String(cohort)))}+${periods_later}`,
      users,
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
    for (const { periods_later, cohort_users, users } of rows) {
      if (periods_later === 0) expect(users).toBe(cohort_users);
    }
  });

  test('sessions, revenue and top users', async () => {
    const sessions = await ask(`/sessions?granularity=all&from=${from}`);
    // Everybody has one, under the same name.
    expect(sessions.rows).toEqual([
      expect.objectContaining({ sessions: byUser().length, users: byUser().length, total_events: 2000 }),
    ]);
    const revenue = await ask(`/revenue?granularity=all&type=purchase&from=${from}`);
    const purchases = events.filter(({ event_type }) => event_type === 'purchase').length;
    expect(revenue.rows).toEqual([
      {
        currency: 'EUR',
        revenue: ((purchases * 1990) / 100).toFixed(2).replace(/0$/, ''),
        events: purchases,
      },
    ]);
    const top = await ask(`/top-users?limit=1&from=${from}`);
    const mine = events.filter(({ user_id }) => user_id === 12_345).length;
    expect(top.rows).toEqual([{ user_id: 12_345, total_events: mine }]);
    expect(top.meta.rows_read).toBeGreaterThan(0);
  });
});

test('values are put into the SQL of an answer as what they are, whatever they hold', async () => {
  const name = encodeURIComponent("it's \\ {p0:String}\n");
  const { meta } = await ask(`/top-events?property.${name}=${name}&type=a,b'c&limit=3`);
  expect(meta.sql).toContain("properties['it\\'s \\\\ {p0:String}\n']");
  expect(meta.sql).toContain("IN ('a', 'b\\'c')");
});

test('a question that takes too long is ended and says so', async () => {
  const statement = {
    text: 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1',
    params: {},
    computed: '',
  };
  const limits = { ...standardLimits, seconds: 1, readRows: 1e15 };
  await expect(askClickhouse(clickhouse.clickhouse, statement, { limits })).rejects.toMatchObject({
    statusCode: 504,
    details: { name: 'timeout' },
  });
});
