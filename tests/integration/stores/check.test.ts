import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Admin as PositionAdmin } from '@platformatic/kafka';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { type Check, createCheck } from '../../../functions/aggregation-check/check.ts';
import { createKafkaLog, type KafkaLog } from '../../../functions/aggregation-check/kafka/log.ts';
import { createWrite as createClickHouseWrite } from '../../../functions/clickhouse-write/write.ts';
import { createWrite as createMongoWrite } from '../../../functions/mongo-write/write.ts';
import { originalPositionHeaders } from '../../../shared/batch/original-position.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';
import { engines } from '../../support/engines.ts';
import { unique } from '../../support/names.ts';
import {
  type ClickHouseFixture,
  type MongoFixture,
  openClickHouse,
  openMongo,
  quietMetrics,
} from './open-stores.ts';

jest.setTimeout(30_000);

const topic = unique('clean');
const deadLetterTopic = unique('dlq');
const minute = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;

let clickhouse: ClickHouseFixture;
let mongo: MongoFixture;
let admin: Admin;
/** kafkajs would join the group first, which takes seconds. */
let positions: PositionAdmin;
let producer: Producer;
let log: KafkaLog;
let check: Check;
let topicId: string;

/** Event `i` of partition `p`; several share a minute. */
const event = (p: number, i: number) =>
  cleanEvent(`${topic}/${p}/${i}`, { user_id: i, timestamp: minute + (i % 4) * 60_000 + i });

beforeAll(async () => {
  [clickhouse, mongo] = await Promise.all([openClickHouse(), openMongo()]);
  const kafka = new Kafka({
    brokers: engines().kafka.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, retries: 20 },
  });
  admin = kafka.admin();
  producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({
    topics: [
      { topic, numPartitions: 2 },
      { topic: deadLetterTopic, numPartitions: 1 },
    ],
    waitForLeaders: true,
  });
  positions = new PositionAdmin({ clientId: topic, bootstrapBrokers: engines().kafka.split(',') });
  log = createKafkaLog({ bootstrapServers: engines().kafka, clientId: topic });
  topicId = (await log.bounds(topic))?.id ?? '';
  const client = clickhouse.clickhouse.shards[0]?.replicas[0];
  if (client === undefined) throw new Error('no ClickHouse');
  check = createCheck({
    log,
    client,
    events: mongo.mongo.events(),
    cleanTopic: topic,
    deadLetterTopic,
    retentionDays: 1825,
  });
}, 60_000);
afterAll(async () => {
  await Promise.all([log?.close(), positions?.close(), producer?.disconnect(), admin?.disconnect()]);
  await Promise.all([clickhouse?.close(), mongo?.close()]);
});

/** A verdict that finds nothing wrong. */
const fine = { ok: true, differences: [], drifts: [], lost: 0, doubled: 0, unexpected: 0 };

/** One transaction; an aborted one leaves offsets behind that hold nothing. */
async function produce(
  to: string,
  partition: number,
  values: (string | null)[],
  { key = 'k', abort = false } = {},
) {
  const transaction = await producer.transaction();
  await transaction.send({ topic: to, messages: values.map((value) => ({ key, value, partition })) });
  await (abort ? transaction.abort() : transaction.commit());
}

/** Writes what stands in a partition from `first` on, without the offsets to leave out, into one store or both. */
async function store(
  partition: number,
  { from = 0, without = [] as number[], into = ['clickhouse', 'mongo'] } = {},
) {
  const bounds = await log.bounds(topic);
  const write = {
    clickhouse: createClickHouseWrite({
      clickhouse: clickhouse.clickhouse,
      metrics: quietMetrics,
      now: Date.now,
    }),
    mongo: createMongoWrite({ events: mongo.mongo.events(), metrics: quietMetrics, now: Date.now }),
  };
  for await (const records of log.read(topic, partition, from, bounds?.end.get(partition) ?? 0)) {
    for (const { offset, value } of records) {
      if (without.includes(offset)) continue;
      const range = cleanRange([value], { partition, first: offset, topicId });
      if (into.includes('clickhouse')) await write.clickhouse(range.event, range.batch);
      if (into.includes('mongo')) await write.mongo(range.event, range.batch);
    }
  }
}

async function acknowledge() {
  const bounds = await log.bounds(topic);
  const partitionOffsets = [...(bounds?.end ?? [])].map(([partition, end]) => ({
    partition,
    offset: BigInt(end),
  }));
  for (const groupId of ['mongo-write', 'clickhouse-write']) {
    await positions.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
  }
}

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
    const client = clickhouse.clickhouse.shards[0]?.replicas[0];
    if (client === undefined) throw new Error('no ClickHouse');
    const other = createCheck({
      log,
      client,
      events: mongo.mongo.events(),
      cleanTopic: topic,
      deadLetterTopic,
      retentionDays: 1825,
    });
    const [verdict, full] = await Promise.all([check.run({}), other.run({ full: true })]);
    expect(full).toMatchObject({ ...fine, scope: 'full', checked: { events: verdict.checked.events } });
    expect(verdict).toMatchObject(fine);
  });
});
