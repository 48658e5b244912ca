import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAcknowledgedProducer } from '../../../shared/clients/kafka/index.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { type OwnBroker, ownBroker } from './own-broker.ts';
import { createTopic, readCommitted, silent } from './topics.ts';

let broker: OwnBroker;

beforeAll(async () => {
  broker = await ownBroker();
  await broker.start();
}, 180_000);

afterAll(() => broker?.close());

const record = (id: string) => ({ key: Buffer.from(id), value: Buffer.from(id), timestampMs: Date.now() });

test('a broker that is killed and comes back: nothing acknowledged is lost, and sending works again by itself', async () => {
  const topic = unique('ack');
  await createTopic(broker.bootstrapServers, topic);
  const producer = createAcknowledgedProducer({
    bootstrapServers: broker.bootstrapServers,
    clientId: 'test',
    topic,
    log: silent,
    ackTimeoutMs: 3000,
  });
  const acknowledged: string[] = [];
  let failed = 0;
  let running = true;
  const senders = Array.from({ length: 8 }, async (_, sender) => {
    for (let i = 0; running; i++) {
      const ids = Array.from({ length: 20 }, (_, n) => `${sender}-${i}-${n}`);
      const before = Date.now();
      await producer.send(ids.map(record)).then(
        () => acknowledged.push(...ids),
        (error) => {
          failed += 1;
          expect(error).toMatchObject({ code: 'KAFKA_UNAVAILABLE', retriable: true });
          expect(Date.now() - before).toBeLessThan(4500);
        },
      );
    }
  });
  try {
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(2000));
    await broker.kill();
    await eventually(() => expect(failed).toBeGreaterThan(8), { timeoutMs: 20_000 });
    await broker.start();
    const before = acknowledged.length;
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(before + 2000), { timeoutMs: 30_000 });
  } finally {
    running = false;
    await Promise.all(senders);
    await producer.close();
  }
  const values = (await readCommitted(broker.bootstrapServers, topic)).map(({ value }) => value);
  const found = new Set(values);
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
  // Within a send, retries are told apart by their sequence numbers.
  expect(values.length - found.size).toBe(0);
}, 120_000);

test('more than one send holds is written in several, each record once and in order', async () => {
  const topic = unique('ack');
  await createTopic(broker.bootstrapServers, topic);
  const producer = createAcknowledgedProducer({
    bootstrapServers: broker.bootstrapServers,
    clientId: 'test',
    topic,
    log: silent,
  });
  // 60 MB that one key sends to one partition would be refused as one batch.
  const large = Array.from({ length: 300 }, (_, i) => ({
    ...record('one'),
    value: Buffer.alloc(30_000, String(i % 10)),
  }));
  const many = Array.from({ length: 10_000 }, (_, i) => record(String(i)));
  await Promise.all([producer.send(large), producer.send(many), producer.send([])]);
  await producer.close();
  const records = await readCommitted(broker.bootstrapServers, topic);
  expect(records).toHaveLength(10_300);
  const ones = records.filter(({ key }) => key === 'one');
  expect(new Set(ones.map(({ partition }) => partition)).size).toBe(1);
  expect(ones.map(({ value }) => value[0])).toEqual(large.map(({ value }) => String(value.subarray(0, 1))));
  expect(new Set(records.map(({ key }) => key)).size).toBe(10_001);
}, 120_000);

test('a topic that does not exist is unavailable, in time', async () => {
  const producer = createAcknowledgedProducer({
    bootstrapServers: broker.bootstrapServers,
    clientId: 'test',
    topic: unique('nowhere'),
    log: silent,
    ackTimeoutMs: 1000,
  });
  await expect(producer.send([record('a')])).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
  await producer.close();
});

test('what waits is bounded', async () => {
  const producer = createAcknowledgedProducer({
    bootstrapServers: '127.0.0.1:1',
    clientId: 'test',
    topic: 't',
    log: silent,
    ackTimeoutMs: 500,
    maxWaitingBytes: 10,
  });
  const first = producer.send([record('0123456789')]);
  await expect(producer.send([record('x')])).rejects.toMatchObject({ code: 'KAFKA_BUSY' });
  await expect(first).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
  await producer.close();
});
