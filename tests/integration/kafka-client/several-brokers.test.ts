import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAcknowledgedProducer } from '../../../shared/clients/kafka/index.ts';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { bounds, readLog } from '../../../shared/clients/kafka-protocol/read-log.ts';
import { recordValue } from '../../../shared/clients/kafka-protocol/records.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { type OwnBroker, ownBroker } from './own-broker.ts';
import { createTopic, silent } from './topics.ts';

let brokers: OwnBroker;

beforeAll(async () => {
  brokers = await ownBroker({ brokers: 3 });
  await brokers.start();
}, 180_000);

afterAll(() => brokers?.close());

async function valuesOf(topic: string): Promise<string[]> {
  const cluster = createCluster({ bootstrapServers: brokers.bootstrapServers, clientId: 'test' });
  try {
    const { start, end } = await bounds(cluster, topic);
    const values: string[] = [];
    const onRecord = (_partition: number, record: Parameters<typeof recordValue>[0]) => {
      values.push(String(recordValue(record)));
    };
    await readLog(cluster, { topic, from: start, to: end, onRecord });
    return values;
  } finally {
    await cluster.close();
  }
}

test('one of three brokers is frozen for a moment, another one killed: what is acknowledged is there once, nothing twice', async () => {
  const topic = unique('ack');
  await createTopic(brokers.bootstrapServers, topic);
  const producer = createAcknowledgedProducer({
    bootstrapServers: brokers.bootstrapServers,
    clientId: 'test',
    topic,
    log: silent,
    // Requests to the frozen one are given up after a quarter of this, and repeated while it still holds the first.
    ackTimeoutMs: 4000,
  });
  const acknowledged: string[] = [];
  let running = true;
  const senders = Array.from({ length: 6 }, async (_, sender) => {
    for (let i = 0; running; i++) {
      const ids = Array.from({ length: 30 }, (_, n) => `${sender}-${i}-${n}`);
      const records = ids.map((id) => ({
        key: Buffer.from(id),
        value: Buffer.from(id),
        timestampMs: Date.now(),
      }));
      // What was not acknowledged may be there or not; nobody sends it again here.
      await producer.send(records).then(
        () => acknowledged.push(...ids),
        () => {},
      );
    }
  });
  const more = async (count: number) => {
    const before = acknowledged.length;
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(before + count), {
      timeoutMs: 60_000,
    });
  };
  try {
    await more(1000);
    brokers.signal(1, 'SIGSTOP');
    await delay(2500);
    brokers.signal(1, 'SIGCONT');
    await more(1000);
    await brokers.kill();
    await more(1000);
  } finally {
    running = false;
    await Promise.all(senders);
    await producer.close();
  }
  const values = await valuesOf(topic);
  const found = new Set(values);
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
  expect(values.length - found.size).toBe(0);
}, 240_000);
