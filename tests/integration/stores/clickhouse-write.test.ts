import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { rowsOf } from '../../../functions/clickhouse-write/rows.ts';
import { createWrite } from '../../../functions/clickhouse-write/write.ts';
import { createClickHouse, exactlyOnce, insertRows } from '../../../shared/clients/clickhouse/index.ts';
import { withSource } from '../../../shared/events/index.ts';
import { readRange } from '../../../shared/sink/read-range.ts';
import { eventFields } from '../../support/arbitrary-events.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';
import { freePort } from '../../support/ports.ts';
import { type ClickHouseFixture, openClickHouse, quietMetrics } from './open-stores.ts';

jest.setTimeout(120_000);

let store: ClickHouseFixture;
let write: ReturnType<typeof createWrite>;

beforeAll(async () => {
  store = await openClickHouse();
  write = createWrite({ clickhouse: store.clickhouse, metrics: quietMetrics, now: Date.now });
}, 120_000);
afterAll(() => store?.close());

/** Raw rows, rollup by minute, users in the rollup by day. */
const counted = async () => [
  Number(await store.value('SELECT count() FROM events_local')),
  Number(await store.value('SELECT sum(events) FROM events_per_minute')),
  Number(await store.value('SELECT groupBitmapMerge(users) FROM users_per_day')),
];

describe('clickhouse-write', () => {
  test('a range that comes again counts once, in the raw rows and in every rollup', async () => {
    const months = [0, 3, 11].map((month) => Date.UTC(2026, month, 15, 10, 15, 30, 5));
    const values = Array.from({ length: 300 }, (_, i) =>
      cleanEvent(`again${i}`, { user_id: i % 50, timestamp: months[i % 3] as number }),
    );
    const { event, batch } = cleanRange(values, { topicId: 'again' });
    await write(event, batch);
    await write(event, batch);
    await Promise.all([write(event, batch), write(event, batch)]);
    expect(await counted()).toEqual([300, 300, 50]);
    const marks = 'SELECT count(), sum(source_offset), min(source_partition) FROM events_local';
    expect(Object.values((await store.rows<object>(marks))[0] ?? {}).map(Number)).toEqual([300, 74_850, 3]);
  });

  test('a rollup that missed a range at a crash gets it at the retry, and the rows are not doubled', async () => {
    const before = await counted();
    await store.command('DETACH TABLE events_per_minute_view');
    const { event, batch } = cleanRange([cleanEvent('late-rollup', { user_id: 999_999 })], {
      topicId: 'crash',
    });
    await write(event, batch);
    await store.command('ATTACH TABLE events_per_minute_view');
    await write(event, batch);
    expect(await counted()).toEqual(before.map((count) => count + 1));
  });

  test('Native rows are what JSON lines of the same records would be, whatever the events hold', async () => {
    const fields = fc.sample(eventFields, { numRuns: 500, seed: 7 });
    const values = fields.map((each, i) => cleanEvent(`either${i}`, each));
    const { event, batch } = cleanRange(values, { topicId: 'either', first: 2 ** 40, partition: 77 });
    const { records, failures } = readRange(event, batch);
    expect(failures).toEqual([]);
    const rows = rowsOf(records);
    expect(rows.format).toBe('Native');
    const lines = records.map(({ value, source }) => `${withSource(value, source)}\n`).join('');
    const tables = {
      as_native: rows,
      as_json: { format: 'JSONEachRow', bytes: Buffer.from(lines) } as const,
    };
    for (const [table, each] of Object.entries(tables)) {
      await store.command(`CREATE TABLE ${table} AS events_local ENGINE = MergeTree ORDER BY source_offset`);
      const [shard] = store.clickhouse.shards;
      await shard?.run((client) => insertRows(client, table, each, { settings: exactlyOnce(table) }));
    }
    const text = (table: string) =>
      `SELECT toString(tuple(* EXCEPT properties, toString(mapSort(properties)))) FROM ${table}`;
    expect(await store.value(`SELECT count() FROM (${text('as_native')})`)).toBe(500);
    expect(
      await store.rows(`SELECT * FROM (${text('as_native')} EXCEPT ${text('as_json')}) LIMIT 3`),
    ).toEqual([]);
    expect(
      await store.rows(`SELECT * FROM (${text('as_json')} EXCEPT ${text('as_native')}) LIMIT 3`),
    ).toEqual([]);
  });

  test('every column holds exactly what was sent', async () => {
    const properties = {
      whole: 5,
      float: 19.9,
      text: 'Grüße 😀 "x"\\\n',
      yes: true,
      nothing: null,
      list: [1, 'a', { deep: 1.5 }],
      object: { a: {} },
      '': 'no name',
      __proto__x: 1,
    };
    const value = cleanEvent('exact', {
      user_id: Number.MAX_SAFE_INTEGER,
      session_id: 'a\u0000b',
      amount: '-12345.67',
      timestamp: Date.UTC(2026, 1, 3, 4, 5, 6, 7),
      properties,
    });
    const { event, batch } = cleanRange([value], {
      topicId: 'exact',
      first: 4_294_967_296,
      partition: 65_535,
    });
    await write(event, batch);
    const [row] = await store.rows(
      `SELECT * REPLACE (toString(amount) AS amount, toString(user_id) AS user_id, toString(source_offset) AS source_offset)
       FROM events_local WHERE event_id = '${value.event_id}'`,
    );
    expect(row).toEqual({
      event_id: value.event_id,
      event_type: 'purchase',
      category: 'commerce',
      timestamp: '2026-02-03 04:05:06.007',
      event_date: '2026-02-03',
      user_id: '9007199254740991',
      session_id: 'a\u0000b',
      country: 'DE',
      device: 'desktop',
      browser: 'Chrome',
      amount: '-12345.67',
      currency: 'EUR',
      received_at: '2026-11-22 10:15:31.000',
      source_partition: 65_535,
      source_offset: '4294967296',
      properties: {
        whole: '5',
        float: '19.9',
        text: 'Grüße 😀 "x"\\\n',
        yes: 'true',
        nothing: '',
        list: '[1,"a",{"deep":1.5}]',
        object: '{"a":{}}',
        '': 'no name',
        __proto__x: '1',
      },
    });
  });

  test('a bad record: nothing of its range is written', async () => {
    const before = await counted();
    const { event, batch } = cleanRange([cleanEvent('good'), Buffer.from('bad')], { topicId: 'bad' });
    const { batchItemFailures } = await write(event, batch);
    expect(batchItemFailures).toHaveLength(1);
    expect(await counted()).toEqual(before);
  });

  test('a replica that is down is replaced by its twin; a shard that is down is a 503', async () => {
    const dead = `http://127.0.0.1:${await freePort()}`;
    const alive = store.settings.clickhouseUrl;
    const clickhouse = createClickHouse({ ...store.settings, clickhouseUrl: `${dead}|${alive},${dead}` });
    const writeThere = createWrite({ clickhouse, metrics: quietMetrics, now: Date.now });
    try {
      const before = await counted();
      const first = cleanRange([cleanEvent('twin')], { topicId: 'twin' });
      await writeThere(first.event, first.batch);
      await write(first.event, first.batch);
      expect((await counted())[0]).toBe((before[0] ?? 0) + 1);
      const second = cleanRange([cleanEvent('down')], { topicId: 'twin', first: 500, route: 1 });
      await expect(writeThere(second.event, second.batch)).rejects.toMatchObject({
        statusCode: 503,
        retryAfterSeconds: 1,
      });
    } finally {
      await clickhouse.close();
    }
  });
});
