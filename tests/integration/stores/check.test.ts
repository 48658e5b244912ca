import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { originalPositionHeaders } from '../../../shared/batch/original-position.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { cleanEvent } from '../../support/clean-range.ts';
import { engines } from '../../support/engines.ts';
import { type CheckRig, openCheckRig } from './check-rig.ts';
import type { ClickHouseFixture } from './open-stores.ts';

jest.setTimeout(30_000);

const minute = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;

let rig: CheckRig;
let topic: string;
let topicId: string;
let deadLetterTopic: string;
let clickhouse: ClickHouseFixture;
let check: CheckRig['check'];
let log: CheckRig['log'];
let produce: CheckRig['produce'];
let store: CheckRig['store'];
let acknowledge: CheckRig['acknowledge'];

/** Event `i` of partition `p`; several share a minute. */
const event = (p: number, i: number) =>
  cleanEvent(`${topic}/${p}/${i}`, { user_id: i, timestamp: minute + (i % 4) * 60_000 + i });

beforeAll(async () => {
  rig = await openCheckRig();
  ({ topic, topicId, deadLetterTopic, clickhouse, check, log, produce, store, acknowledge } = rig);
}, 60_000);
afterAll(() => rig?.close());

/** A verdict that finds nothing wrong. */
const fine = { ok: true, differences: [], drifts: [], lost: 0, doubled: 0, unexpected: 0 };

describe('aggregation-check', () => {
  test('what the sinks have not acknowledged is pending, not lost', async () => {
    await produce(
      topic,
      0,
      Array.from({ length: 8 }, (_, i) => encodeClean(event(0, i))),
    );
    await produce(topic, 0, ['aborted', 'aborted'], { abort: true });
    await produce(topic, 1, [encodeClean(event(1, 0)), 'no event', encodeClean(event(1, 1))]);
    const verdict = await check.run({ waitMs: 0 });
    expect(verdict).toMatchObject({ ok: null, status: 'pending', lost: 0, differences: [] });
    expect(verdict.pending.waiting.map(({ sink }) => sink).sort()).toEqual([
      'clickhouse-write',
      'mongo-write',
    ]);
  });

  test('all there: ok, at the first look and at the next', async () => {
    // The record that is no event is refused by both writers, and expected nowhere.
    await store(0);
    await store(1);
    await acknowledge();
    for (let i = 0; i < 2; i++) {
      expect(await check.run({})).toMatchObject({
        ...fine,
        checked: { events: 10, mongodb_events: 10 },
        totals: { kafka: 10, clickhouse: 10, mongodb: 10, events_per_minute: 10 },
        differences: [],
        drifts: [],
      });
    }
  });

  test('an event lost in each store is named', async () => {
    await produce(topic, 1, [encodeClean(event(1, 5)), encodeClean(event(1, 6))]);
    const end = (await log.bounds(topic))?.end.get(1) ?? 0;
    const [first, second] = [end - 3, end - 2];
    await store(1, { from: first, without: [first], into: ['clickhouse'] });
    await store(1, { from: first, without: [second], into: ['mongo'] });
    await acknowledge();
    const verdict = await check.run({});
    expect(verdict).toMatchObject({ ok: false, lost: 2, doubled: 0, unexpected: 0, drifted: 0 });
    expect(verdict.differences).toEqual([
      expect.objectContaining({
        store: 'clickhouse',
        minute: new Date(minute + 60_000).toISOString(),
        lost: [{ partition: 1, offset: first, event_id: event(1, 5).event_id }],
      }),
      expect.objectContaining({
        store: 'mongodb',
        minute: new Date(minute + 120_000).toISOString(),
        lost: [{ partition: 1, offset: second, event_id: event(1, 6).event_id }],
      }),
    ]);
    await store(1, { from: first });
    expect(await check.run({})).toMatchObject(fine);
  });

  test('an event doubled, with its rollups, is named; the other stores are fine', async () => {
    const again =
      'INSERT INTO events_local SELECT * FROM events_local WHERE source_partition = 0 AND source_offset = 3';
    await clickhouse.command(again);
    const verdict = await check.run({});
    expect(verdict).toMatchObject({ ok: false, lost: 0, doubled: 1, drifted: 0 });
    expect(verdict.differences).toEqual([
      expect.objectContaining({
        store: 'clickhouse',
        expected: 2,
        found: 3,
        doubled: [{ partition: 0, offset: 3, event_id: event(0, 3).event_id }],
      }),
    ]);
    await clickhouse.command(
      'ALTER TABLE events_local DELETE WHERE source_partition = 0 AND source_offset = 3 SETTINGS mutations_sync = 2',
    );
    await clickhouse.command('TRUNCATE TABLE events_per_minute_local');
    await clickhouse.command('TRUNCATE TABLE users_per_day_local');
  });

  test('rollups that drifted are named by minute and day; the raw rows as well where they miss one', async () => {
    const verdict = await check.run({});
    expect(verdict).toMatchObject({ ok: false, lost: 1, doubled: 0 });
    expect(verdict.drifts.filter(({ rollup }) => rollup === 'events_per_minute')).toContainEqual({
      rollup: 'events_per_minute',
      time: new Date(minute).toISOString().replace('T', ' ').slice(0, 19),
      event_type: 'purchase',
      expected: 3,
      found: 0,
    });
    expect(verdict.drifts.filter(({ rollup }) => rollup === 'users_per_day')).not.toEqual([]);
    // Mended as a repair does it: rows first, then the rollups from the rows.
    await clickhouse.command('DETACH TABLE events_per_minute_view');
    await clickhouse.command('DETACH TABLE users_per_day_view');
    const client = clickhouse.clickhouse.shards[0]?.replicas[0];
    await client?.insert({
      table: 'events_local',
      format: 'JSONEachRow',
      values: [
        {
          source_partition: 0,
          source_offset: 3,
          ...JSON.parse(encodeClean(event(0, 3))),
        },
      ],
      clickhouse_settings: { input_format_skip_unknown_fields: 1 },
    });
    await clickhouse.command('ATTACH TABLE events_per_minute_view');
    await clickhouse.command('ATTACH TABLE users_per_day_view');
    await clickhouse.command(
      'INSERT INTO events_per_minute_local SELECT toStartOfMinute(timestamp) AS minute, event_type, category, count() FROM events_local GROUP BY minute, event_type, category',
    );
    await clickhouse.command(
      'INSERT INTO users_per_day_local SELECT event_date, groupBitmapState(user_id) FROM events_local GROUP BY event_date',
    );
    expect(await check.run({})).toMatchObject(fine);
  });

  test('an event that comes again from another place is a repeat for MongoDB, no fault', async () => {
    await produce(topic, 0, [encodeClean(event(1, 0))]);
    const end = (await log.bounds(topic))?.end.get(0) ?? 0;
    await store(0, { from: end - 2 });
    await acknowledge();
    for (let i = 0; i < 2; i++) {
      expect(await check.run({})).toMatchObject({
        ...fine,
        excused: { 'mongo-write': { repeat: 1 }, 'clickhouse-write': { repeat: 0 } },
      });
    }
  });

  test('a dead letter is not lost: open, then purged', async () => {
    await produce(topic, 0, [encodeClean(event(0, 100))]);
    const end = (await log.bounds(topic))?.end.get(0) ?? 0;
    const offset = end - 2;
    await store(0, { from: offset, into: ['mongo'] });
    const key = `clickhouse-write/${topicId}/0/${offset}`;
    await produce(deadLetterTopic, 0, [encodeClean(event(0, 100))], { key });
    await acknowledge();
    expect(await check.run({})).toMatchObject({ ...fine, excused: { 'clickhouse-write': { open: 1 } } });
    await produce(deadLetterTopic, 0, [null], { key });
    expect(await check.run({})).toMatchObject({
      ...fine,
      excused: { 'clickhouse-write': { open: 0, purged: 1 } },
    });
    expect(Object.values(originalPositionHeaders)).toHaveLength(4);
  });

  test('another process goes on with the same ledger', async () => {
    await produce(topic, 1, [encodeClean(event(1, 200))]);
    const end = (await log.bounds(topic))?.end.get(1) ?? 0;
    await store(1, { from: end - 2 });
    await acknowledge();
    const other = rig.newCheck();
    const [verdict, full] = await Promise.all([check.run({}), other.run({ full: true })]);
    expect(full).toMatchObject({ ...fine, scope: 'full', checked: { events: verdict.checked.events } });
    expect(verdict).toMatchObject(fine);
  });

  test('over HTTP: a repair by the address, and the history', async () => {
    const { clickhouse: ours, mongo } = rig;
    Object.assign(process.env, {
      KAFKA_BOOTSTRAP_SERVERS: engines().kafka,
      EVENTS_CLEAN_TOPIC: topic,
      EVENTS_DLQ_TOPIC: deadLetterTopic,
      CLICKHOUSE_URL: ours.settings.clickhouseUrl,
      CLICKHOUSE_DATABASE: ours.settings.clickhouseDatabase,
      MONGODB_URI: mongo.settings.mongodbUri,
      MONGODB_DATABASE: mongo.settings.mongodbDatabase,
    });
    const { handler, close } = await import('../../../functions/aggregation-check/handler.ts');
    const call = (method: string, queryStringParameters: Record<string, string>) =>
      handler({ requestContext: { http: { method } }, queryStringParameters } as never, {} as never);
    try {
      expect(await call('POST', { repair: '1' })).toMatchObject({ ...fine, repair: { rounds: 0 } });
      expect(await call('GET', { limit: '5', status: 'ok' })).toMatchObject({
        verdicts: [{ status: 'ok', repair: { rounds: 0 } }],
      });
      expect(await call('GET', { status: 'differs' })).toEqual({ verdicts: [] });
      await expect(call('POST', { repair: 'please' })).rejects.toMatchObject({ statusCode: 400 });
    } finally {
      await close();
    }
  });
});
