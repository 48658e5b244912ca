import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Producer, stringSerializers } from '@platformatic/kafka';
import type { Connector } from '../../../infra/connector/connector.ts';
import { registry } from '../../../shared/metrics/index.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { startConnector } from './rig/connector.ts';
import { type FakeGateway, startFakeGateway, textOf } from './rig/fake-gateway.ts';
import { openKafka, type TestKafka } from './rig/kafka.ts';

let kafka: TestKafka;
let gateway: FakeGateway;
let connector: Connector | undefined;
const dlq = unique('dlq');

beforeAll(async () => {
  kafka = await openKafka();
  gateway = await startFakeGateway();
  await kafka.createTopic(dlq, 1, { 'cleanup.policy': 'compact' });
}, 120_000);

afterAll(async () => {
  await connector?.close();
  await gateway?.close();
  await kafka?.close();
}, 120_000);

function start(): Connector {
  connector = startConnector({
    bootstrapServers: kafka.bootstrapServers,
    gatewayUrl: gateway.url,
    deadLetterTopic: dlq,
    instanceId: unique('c'),
  });
  return connector;
}

async function stop(): Promise<void> {
  await connector?.close();
  connector = undefined;
}

const callsOf = (name: string) => gateway.calls.filter(({ functionName }) => functionName === name);
const valuesOf = (name: string) =>
  callsOf(name).flatMap(({ records }) =>
    records.map(({ value }) => (value === undefined ? null : textOf(value))),
  );

const acknowledged = (name: string, topic: string, offset: number) =>
  eventually(async () => {
    expect((await kafka.positions(name, topic)).get(0)?.offset).toBe(offset);
  });

async function lagOf(name: string): Promise<Map<string, number>> {
  const metric = await registry.getSingleMetric('connector_lag_records')?.get();
  const found = new Map<string, number>();
  for (const { labels, value } of metric?.values ?? []) {
    if (labels.function === name) found.set(`${labels.topic}-${labels.partition}`, value);
  }
  return found;
}

/** As retention does. */
const deleteBelow = (topic: string, offset: string) =>
  eventually(() => kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] }));

for (const mode of ['ranges', 'transactional']) {
  test(`${mode}: aborted records are not delivered, and the position ends beyond all markers`, async () => {
    const topic = unique('tx');
    const name = unique('fn');
    await kafka.createTopic(topic, 1);
    const producer = kafka.kafka.producer({
      transactionalId: unique('tid'),
      maxInFlightRequests: 1,
      idempotent: true,
      retry: { initialRetryTime: 5, retries: 50 },
    });
    await producer.connect();
    for (const [prefix, commit] of [
      ['a', true],
      ['x', false],
      ['b', true],
      ['y', false],
    ] as const) {
      const transaction = await producer.transaction();
      const messages = [0, 1, 2].map((i) => ({ partition: 0, value: `${prefix}${i}` }));
      await transaction.send({ topic, messages });
      if (commit) await transaction.commit();
      else await transaction.abort();
    }
    await producer.disconnect();
    gateway.deploy(name, { topic, 'kafka.delivery': mode });
    start();
    // The last marker is written after its transaction has ended for its producer.
    await eventually(async () =>
      expect(await kafka.admin.fetchTopicOffsets(topic)).toMatchObject([{ high: '16' }]),
    );
    await acknowledged(name, topic, 16);
    expect(valuesOf(name)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2']);
    await eventually(async () => expect((await lagOf(name)).get(`${topic}-0`)).toBe(0));
    await stop();
  }, 120_000);
}

test('records of any producer: nulls, tombstones, headers, binary, every codec', async () => {
  const topic = unique('any');
  const name = unique('fn');
  await kafka.createTopic(topic, 1, { 'retention.ms': '-1' });
  const binary = Buffer.from([0, 255, 128, 10, 34, 92]);
  await kafka.send(topic, [
    { key: null, value: 'no key', timestamp: '1700000000123' },
    { key: 'tombstone', value: null },
    { key: '', value: '' },
    { key: binary, value: binary, headers: { h: ['one', 'two'], 'nå"me': binary, empty: '' } },
  ]);
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const producer = new Producer({
      clientId: 'codecs',
      bootstrapBrokers: kafka.bootstrapServers.split(','),
      serializers: stringSerializers,
      compression,
    });
    const messages = Array.from({ length: 50 }, (_, i) => ({
      topic,
      partition: 0,
      value: `${compression}-${i}`,
    }));
    await producer.send({ messages });
    await producer.close();
  }
  const large = 'x'.repeat(900_000);
  await kafka.send(topic, [{ value: large }]);
  gateway.deploy(name, { topic, 'kafka.delivery': 'ranges' });
  start();
  await acknowledged(name, topic, 205);
  const records = callsOf(name).flatMap((call) => call.records);
  expect(records[0]).toMatchObject({
    offset: 0,
    timestamp: 1_700_000_000_123,
    timestampType: 'CREATE_TIME',
    headers: [],
  });
  expect(records[0]).not.toHaveProperty('key');
  expect(records[1]).toHaveProperty('key');
  expect(records[1]).not.toHaveProperty('value');
  expect(records[2]).toMatchObject({ key: '', value: '' });
  expect(records[3]?.value).toBe(binary.toString('base64'));
  expect(records[3]?.headers).toEqual([
    { h: [...Buffer.from('one')] },
    { h: [...Buffer.from('two')] },
    { 'nå"me': [...binary] },
    { empty: [] },
  ]);
  const values = valuesOf(name);
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
    expect(values.filter((v) => v?.startsWith(`${codec}-`))).toEqual(
      Array.from({ length: 50 }, (_, i) => `${codec}-${i}`),
    );
  }
  expect(values.at(-1)).toBe(large);
  await stop();
}, 120_000);

test('retention takes a part of a declared range: its name stays, the rest is sent', async () => {
  const topic = unique('ret');
  const name = unique('fn');
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, 20);
  gateway.deploy(name, { topic, 'kafka.delivery': 'ranges', 'kafka.routes': '1' }, () => ({ status: 500 }));
  start();
  await eventually(() => expect(callsOf(name).length).toBeGreaterThan(0));
  await stop();
  const [declared] = callsOf(name);
  expect(declared).toMatchObject({ first: 0, last: 19 });
  await deleteBelow(topic, '8');
  const before = callsOf(name).length;
  gateway.script(name, () => ({}));
  start();
  await acknowledged(name, topic, 20);
  const again = callsOf(name).slice(before);
  expect(again.map(({ batchId }) => batchId)).toEqual([declared?.batchId]);
  expect(again[0]?.records.map(({ offset }) => offset)).toEqual(Array.from({ length: 12 }, (_, i) => 8 + i));
  await stop();
}, 120_000);

test('when retention leaves nothing, the position moves all the same', async () => {
  const topic = unique('ret');
  const name = unique('fn');
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, 10);
  gateway.deploy(name, { topic, 'kafka.delivery': 'ranges' }, () => ({ status: 500 }));
  start();
  await eventually(() => expect(callsOf(name).length).toBeGreaterThan(0));
  await stop();
  await deleteBelow(topic, '10');
  start();
  await acknowledged(name, topic, 10);
  expect((await kafka.positions(name, topic)).get(0)?.metadata).toMatch(/^1 [\w-]{22}$/);
  await stop();
}, 120_000);

test('retention overtakes a running connector: the position moves to what is left', async () => {
  const topic = unique('ret');
  const name = unique('fn');
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, 100);
  gateway.deploy(name, { topic, 'kafka.delivery': 'at-least-once', 'kafka.batch-size': '10' }, () => ({}));
  start();
  await acknowledged(name, topic, 100);
  await stop();
  await kafka.sendNumbered(topic, 100, { from: 100 });
  await deleteBelow(topic, '150');
  const before = callsOf(name).length;
  start();
  await acknowledged(name, topic, 200);
  expect(
    callsOf(name)
      .slice(before)
      .flatMap(({ records }) => records.map(({ offset }) => offset)),
  ).toEqual(Array.from({ length: 50 }, (_, i) => 150 + i));
  const lost = await registry.getSingleMetric('connector_records_total')?.get();
  expect(
    lost?.values.find(({ labels }) => labels.function === name && labels.outcome === 'lost')?.value,
  ).toBe(50);
  await stop();
}, 120_000);

test('retention overtakes what is being fetched: the rest is delivered, nothing twice', async () => {
  const topic = unique('ret');
  const name = unique('fn');
  await kafka.createTopic(topic, 1);
  const value = 'x'.repeat(100_000);
  for (let i = 0; i < 80; i += 8) {
    await kafka.send(
      topic,
      Array.from({ length: 8 }, () => ({ partition: 0, value })),
    );
  }
  let refuse = true;
  gateway.deploy(
    name,
    { topic, 'kafka.delivery': 'ranges', 'kafka.batch-size': '1', 'kafka.batch-bytes': '1' },
    () => (refuse ? { status: 503, headers: { 'retry-after': '0.1' } } : {}),
  );
  start();
  await eventually(() => expect(callsOf(name).length).toBeGreaterThan(0));
  await deleteBelow(topic, '70');
  refuse = false;
  await acknowledged(name, topic, 80);
  const done = callsOf(name).filter(({ attempt, first }) => first > 0 || attempt !== '1');
  const offsets = [...new Set(done.flatMap(({ records }) => records.map(({ offset }) => offset)))];
  expect(offsets.slice(-10)).toEqual(Array.from({ length: 10 }, (_, i) => 70 + i));
  expect(offsets.length).toBeLessThan(60);
  await stop();
}, 120_000);
