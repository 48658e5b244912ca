import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { createKafka, makeTopics } from '../../../shared/clients/kafka/index.ts';
import { unique } from '../../support/names.ts';

export interface ReadRecord {
  partition: number;
  offset: number;
  key: string;
  value: string;
  timestampMs: number;
  headers: Record<string, string>;
}

export const silent = pino({ level: 'silent' });

const client = (bootstrapServers: string) => createKafka({ bootstrapServers, clientId: 'test', log: silent });

/** Makes a topic and waits until it can be written to. */
export async function createTopic(bootstrapServers: string, topic: string, partitions = 6): Promise<void> {
  const admin = client(bootstrapServers).admin();
  await admin.connect();
  try {
    await makeTopics(admin, [{ topic, numPartitions: partitions }]);
  } finally {
    await admin.disconnect();
  }
}

/**
 * Every committed record of a topic that nobody writes to any more, by partition and offset. It writes a last record
 * into each partition and reads until it has seen these: offsets alone do not tell, since transactions leave marks.
 */
export async function readCommitted(bootstrapServers: string, topic: string): Promise<ReadRecord[]> {
  const kafka = client(bootstrapServers);
  const admin = kafka.admin();
  const producer = kafka.producer();
  const consumer = kafka.consumer({
    groupId: unique('reader'),
    maxWaitTimeInMs: 100,
    readUncommitted: false,
  });
  try {
    await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
    const partitions =
      (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length ?? 0;
    const last = unique('last');
    const messages = Array.from({ length: partitions }, (_, partition) => ({
      partition,
      key: last,
      value: '',
    }));
    await producer.send({ topic, messages });
    await consumer.subscribe({ topic, fromBeginning: true });
    const records: ReadRecord[] = [];
    let open = partitions;
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) {
          const key = message.key?.toString() ?? '';
          if (key === last) open -= 1;
          else
            records.push({
              partition: batch.partition,
              offset: Number(message.offset),
              key,
              value: message.value?.toString() ?? '',
              timestampMs: Number(message.timestamp),
              headers: Object.fromEntries(
                Object.entries(message.headers ?? {}).map(([name, v]) => [name, String(v)]),
              ),
            });
        }
      },
    });
    while (open > 0) await delay(20);
    return records;
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect(), consumer.disconnect()]);
  }
}
