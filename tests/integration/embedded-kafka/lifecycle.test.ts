import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { kafkaParts } from '../../../infra/embedded/kafka/part.ts';
import { createTopics } from '../../../infra/kafka/topics.ts';
import { makeTopics } from '../../../shared/clients/kafka/index.ts';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { listOffsets } from '../../../shared/clients/kafka-protocol/list-offsets.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { eventually } from '../../support/eventually.ts';
import { logEntries } from '../../support/log-entries.ts';
import { type OwnCluster, ownCluster } from './cluster.ts';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function cluster(): Promise<OwnCluster> {
  const own = await ownCluster();
  opened.push(own.remove);
  return own;
}

async function adminOf({ bootstrap }: OwnCluster): Promise<Admin> {
  const admin = new Kafka({ brokers: bootstrap, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  opened.push(() => admin.disconnect());
  return admin;
}

test('a format that was killed is done anew; ready means that groups and transactions work at once', async () => {
  const own = await cluster();
  const data = join(own.settings.dataDir, 'data');
  mkdirSync(join(data, 'kafka-1.unfinished'), { recursive: true });
  writeFileSync(join(data, 'kafka-1.unfinished', 'bootstrap.checkpoint'), 'half');
  expect(await own.parts[0]?.health()).toMatchObject({ ok: false });
  await own.start();
  expect(existsSync(join(data, 'kafka-1.unfinished'))).toBe(false);

  const admin = await adminOf(own);
  await makeTopics(admin, [{ topic: 't', numPartitions: 1 }]);
  const kafka = new Kafka({ brokers: own.bootstrap, logLevel: logLevel.NOTHING, retry: { retries: 1 } });
  const producer = kafka.producer({ transactionalId: 'first', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  opened.push(() => producer.disconnect());
  const transaction = await producer.transaction();
  await transaction.send({ topic: 't', messages: [{ key: 'k', value: 'v' }] });
  await transaction.sendOffsets({
    consumerGroupId: 'g',
    topics: [{ topic: 't', partitions: [{ partition: 0, offset: '1' }] }],
  });
  await transaction.commit();
  // The broker writes the marker of a transaction after it has answered its end.
  await eventually(async () =>
    expect(await admin.fetchOffsets({ groupId: 'g', topics: ['t'] })).toMatchObject([
      { partitions: [{ partition: 0, offset: '1' }] },
    ]),
  );
}, 120_000);

test('a transaction that expires while the broker is down is ended when it is back, and holds nothing up', async () => {
  const own = await cluster();
  await own.start();
  const admin = await adminOf(own);
  await makeTopics(admin, [{ topic: 't', numPartitions: 2 }]);
  const kafka = new Kafka({ brokers: own.bootstrap, logLevel: logLevel.NOTHING, retry: { retries: 1 } });
  const producer = kafka.producer({ transactionalId: 'id', transactionTimeout: 100, maxInFlightRequests: 1 });
  await producer.connect();
  opened.push(() => producer.disconnect());
  const transaction = await producer.transaction();
  const messages = [0, 1].map((partition) => ({ partition, value: 'v' }));
  await transaction.send({ topic: 't', messages });
  await own.kill(0);
  await own.start();
  const client = createCluster({ bootstrapServers: own.bootstrap.join(','), clientId: 'test' });
  opened.push(() => client.close());
  const ends = (at: 'latest' | 'high-watermark') =>
    listOffsets(client, { topic: 't', partitions: [0, 1], at, lane: 'test' });
  // Behind the record stands at least one marker (a coordinator killed while it wrote the first writes another);
  // readers of committed records pass them all.
  await eventually(async () => {
    const [whole, committed] = [await ends('high-watermark'), await ends('latest')];
    expect(committed).toEqual(whole);
    expect(Math.min(...whole.values())).toBeGreaterThanOrEqual(2);
  });
}, 120_000);

test('topics are made, made once, raised, and never lowered', async () => {
  const own = await cluster();
  await own.start();
  const admin = await adminOf(own);
  const settings = (env: Record<string, string>) => readSettings({ ...env });
  const create = (env: Record<string, string> = {}) =>
    createTopics(settings(env), { admin, groups: ['sink'] });
  expect((await create()).create.map(({ topic }) => topic)).toEqual([
    'events_raw',
    'events_clean',
    'events_dlq',
    'sink.retry',
    'openfaas_async',
  ]);
  await eventually(async () => expect(await create()).toEqual({ create: [], raise: [], configure: [] }));
  expect((await create({ EVENTS_PARTITIONS: '9' })).raise).toHaveLength(2);
  // A broker may answer with what it knew a moment ago.
  await eventually(() => expect(create()).rejects.toThrow(/EVENTS_PARTITIONS=9/));
  const changed = { EVENTS_PARTITIONS: '9', KAFKA_RETENTION_BYTES: '99999999' };
  expect((await create(changed)).configure).toHaveLength(2);
  await eventually(async () =>
    expect(await create(changed)).toEqual({ create: [], raise: [], configure: [] }),
  );
}, 120_000);

test('another number of brokers over the same data is refused, with what to do', async () => {
  const own = await cluster();
  await own.parts[0]?.prepare?.();
  const [first] = kafkaParts({ ...own.settings, kafkaBrokers: 3 });
  await expect(first?.prepare?.()).rejects.toMatchObject({
    code: 'KAFKA_BROKERS',
    message: expect.stringContaining('Set KAFKA_BROKERS=1'),
  });
}, 120_000);

test('a taken port ends it, and its log says so', async () => {
  const own = await cluster();
  const holder = createServer().listen(own.settings.kafkaPort, '127.0.0.1');
  await once(holder, 'listening');
  opened.push(async () => void holder.close());
  await expect(own.start()).rejects.toMatchObject({ code: 'NOT_READY' });
  const entries = logEntries(join(own.settings.dataDir, 'logs', 'kafka-1.log'));
  const failed = entries.find(({ level }) => level === 'error');
  expect(failed).toMatchObject({ part: 'kafka-1', err: { stack: expect.stringContaining('\n\tat ') } });
  expect(JSON.stringify(entries)).toMatch(/Address already in use|Socket server failed to bind/);
}, 120_000);
