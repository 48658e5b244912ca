import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { makeTopics } from '../../../shared/clients/kafka/index.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { type OwnCluster, ownCluster } from './cluster.ts';

let cluster: OwnCluster;
afterEach(() => cluster?.remove(), 120_000);

const clientOf = ({ bootstrap }: OwnCluster) =>
  new Kafka({
    brokers: bootstrap,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 1000 },
  });

/** Sends numbered records, batch after batch, until told to end; answers which were acknowledged. */
async function produce(kafka: Kafka, topic: string, ended: () => boolean, acknowledged: Set<string>) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    for (let batch = 0; !ended(); batch++) {
      const ids = Array.from({ length: 100 }, (_, i) => `${batch}-${i}`);
      await producer.send({
        topic,
        acks: -1,
        messages: ids.map((id, i) => ({ key: id, value: id, partition: i % 3 })),
      });
      for (const id of ids) acknowledged.add(id);
    }
  } finally {
    await producer.disconnect();
  }
}

/** The values of all records of a topic, read to its end. */
async function readAll(kafka: Kafka, topic: string): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  const expected = (await admin.fetchTopicOffsets(topic)).reduce(
    (n, { high, low }) => n + Number(high) - Number(low),
    0,
  );
  await admin.disconnect();
  const values: string[] = [];
  const consumer = kafka.consumer({ groupId: unique('reader'), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) });
  await eventually(() => expect(values.length).toBe(expected), { timeoutMs: 60_000 });
  await consumer.disconnect();
  return values;
}

async function killWhileProducing(kills: number): Promise<void> {
  cluster = await ownCluster({ brokers: 1 });
  await cluster.start();
  const kafka = clientOf(cluster);
  const topic = unique('killed');
  const admin = kafka.admin();
  await admin.connect();
  await makeTopics(admin, [{ topic, numPartitions: 3 }]);
  await admin.disconnect();
  const acknowledged = new Set<string>();
  let ended = false;
  const producing = produce(kafka, topic, () => ended, acknowledged);
  for (let kill = 0; kill < kills; kill++) {
    const before = acknowledged.size;
    await eventually(() => expect(acknowledged.size).toBeGreaterThan(before + 300), {
      intervalMs: 5,
      timeoutMs: 60_000,
    });
    await cluster.kill(0);
    await delay(100);
    await cluster.start([0]);
  }
  ended = true;
  await producing;
  const values = await readAll(kafka, topic);
  const stored = new Set(values);
  expect([...acknowledged].filter((id) => !stored.has(id)).length).toBe(0);
  expect(values.length - stored.size).toBe(0);
}

test('one broker, killed four times while records are acknowledged: none lost, none doubled', async () => {
  await killWhileProducing(4);
}, 240_000);
