import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Producer, Transaction } from 'kafkajs';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { openKafka, type TestKafka } from './rig/kafka.ts';
import { seededRandom } from './rig/ledger.ts';

/**
 * What is committed where transactions lie across each other. Kafka's own consumer and librdkafka read such logs as
 * this reader does (seen with kafka-clients 4.4 and kcat 1.7.1). kafkajs 2.2.4 does not: the broker names aborted
 * transactions in the order in which they ended, kafkajs takes them for sorted by their beginning, and hands on the
 * records of one that began before another that ended earlier. So nothing here that counts committed records reads
 * them with kafkajs.
 */
let kafka: TestKafka;
const producers: Producer[] = [];

beforeAll(async () => {
  kafka = await openKafka();
  for (let i = 0; i < 4; i++) {
    const producer = kafka.kafka.producer({
      transactionalId: unique('tid'),
      maxInFlightRequests: 1,
      idempotent: true,
      retry: { initialRetryTime: 5, retries: 50 },
    });
    await producer.connect();
    producers.push(producer);
  }
}, 120_000);

afterAll(async () => {
  for (const producer of producers) await producer.disconnect();
  await kafka?.close();
}, 120_000);

/** Values of the records that kafkajs takes for committed, until the one that ends the log. */
async function byKafkajs(topic: string, last: string): Promise<string[]> {
  const consumer = kafka.kafka.consumer({ groupId: unique('kafkajs'), maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          values.push(String(message.value));
          if (String(message.value) === last) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return values;
}

/** A transaction has ended for its producer before its end stands in the log. */
const untilRead = (topic: string, values: readonly string[], told: object = {}) =>
  eventually(async () => {
    const read = (await kafka.readAll(topic)).map(({ value }) => String(value));
    expect({ ...told, values: read }).toEqual({ ...told, values });
  });

const send = (transaction: Transaction, topic: string, values: readonly string[]) =>
  transaction.send({ topic, messages: values.map((value) => ({ partition: 0, value })) });

test('aborted transactions that end in another order than they began', async () => {
  const topic = unique('crossing');
  await kafka.createTopic(topic, 1);
  const [first, second, third] = producers as [Producer, Producer, Producer];
  const began = await first.transaction();
  await send(began, topic, ['a0', 'a1', 'a2']);
  const ended = await second.transaction();
  await send(ended, topic, ['b0', 'b1']);
  await ended.abort();
  await began.abort();
  const good = await third.transaction();
  await send(good, topic, ['c0', 'c1']);
  await good.commit();
  await untilRead(topic, ['c0', 'c1']);
  // The day kafkajs reads this rightly, what stands above is history.
  expect(await byKafkajs(topic, 'c1')).toEqual(['a0', 'a1', 'a2', 'c0', 'c1']);
}, 120_000);

test('a log of transactions across each other, ended at random: exactly what was committed, in order', async () => {
  const seed = Number(process.env.ISOLATION_SEED ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const topic = unique('random');
  await kafka.createTopic(topic, 1);
  const open: ({ transaction: Transaction; values: string[] } | undefined)[] = producers.map(() => undefined);
  const written: string[] = [];
  const committed = new Set<string>();
  const end = async (i: number) => {
    const { transaction, values } = open[i] as { transaction: Transaction; values: string[] };
    open[i] = undefined;
    if (random() < 0.5) {
      await transaction.abort();
    } else {
      await transaction.commit();
      for (const value of values) committed.add(value);
    }
  };
  for (let step = 0; step < 150; step++) {
    const i = pick(producers.length);
    const mine = open[i];
    if (mine === undefined) {
      open[i] = { transaction: await (producers[i] as Producer).transaction(), values: [] };
    } else if (mine.values.length > 0 && random() < 0.35) {
      await end(i);
    } else {
      const values = Array.from({ length: 1 + pick(3) }, (_, n) => `${step}.${n}`);
      await send(mine.transaction, topic, values);
      mine.values.push(...values);
      written.push(...values);
    }
    if (random() < 0.1) {
      const plain = `${step}.plain`;
      await kafka.send(topic, [{ partition: 0, value: plain }]);
      written.push(plain);
      committed.add(plain);
    }
  }
  for (const [i, each] of open.entries()) if (each) await end(i);
  await untilRead(
    topic,
    written.filter((value) => committed.has(value)),
    { seed },
  );
}, 120_000);
