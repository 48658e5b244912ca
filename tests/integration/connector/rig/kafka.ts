import { type Admin, Kafka, logLevel, type Message } from 'kafkajs';
import { makeTopics } from '../../../../shared/clients/kafka/index.ts';
import { createCluster } from '../../../../shared/clients/kafka-protocol/cluster.ts';
import { bounds, readLog } from '../../../../shared/clients/kafka-protocol/read-log.ts';
import { headersOf } from '../../../../shared/clients/kafka-protocol/record-list.ts';
import {
  type FetchedRecord,
  recordKey,
  recordValue,
} from '../../../../shared/clients/kafka-protocol/records.ts';
import { engines } from '../../../support/engines.ts';

export interface ReadRecord {
  partition: number;
  offset: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer | null>;
}

export interface TestKafka {
  kafka: Kafka;
  admin: Admin;
  bootstrapServers: string;
  createTopic(topic: string, partitions?: number, config?: Record<string, string>): Promise<void>;
  /** Raises the number of partitions, and forgets what was known of the topic. */
  addPartitions(topic: string, count: number): Promise<void>;
  send(topic: string, messages: Message[]): Promise<void>;
  /** Sends values `<prefix>0`, `<prefix>1`, … into one partition. */
  sendNumbered(
    topic: string,
    count: number,
    options?: { partition?: number; prefix?: string; from?: number },
  ): Promise<void>;
  /** All committed records of a topic up to its end now, by partition and offset. */
  readAll(topic: string): Promise<ReadRecord[]>;
  /** Position and metadata of a group, by partition. */
  positions(group: string, topic: string): Promise<Map<number, { offset: number; metadata: string | null }>>;
  close(): Promise<void>;
}

/**
 * What tests do with Kafka besides the connector: through kafkajs, so that the two check each other, except for
 * reading committed records, which kafkajs gets wrong (isolation.test.ts).
 */
export async function openKafka(): Promise<TestKafka> {
  const bootstrapServers = engines().kafka;
  const kafka = new Kafka({
    clientId: 'test',
    brokers: bootstrapServers.split(','),
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  let producer = kafka.producer();
  await producer.connect();

  return {
    kafka,
    admin,
    bootstrapServers,
    async createTopic(topic, partitions = 1, config = {}) {
      await makeTopics(admin, [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: 1,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ]);
    },
    async addPartitions(topic, count) {
      await admin.createPartitions({ topicPartitions: [{ topic, count }] });
      // A producer that does not know a partition yet drops what is meant for it.
      await producer.disconnect();
      producer = kafka.producer();
      await producer.connect();
    },
    async send(topic, messages) {
      await producer.send({ topic, messages });
    },
    async sendNumbered(topic, count, { partition = 0, prefix = 'v', from = 0 } = {}) {
      for (let i = 0; i < count; i += 500) {
        const messages = Array.from({ length: Math.min(500, count - i) }, (_, j) => ({
          partition,
          key: `k${from + i + j}`,
          value: `${prefix}${from + i + j}`,
        }));
        await producer.send({ topic, messages });
      }
    },
    async readAll(topic) {
      const cluster = createCluster({ bootstrapServers, clientId: 'test-reader' });
      try {
        const { start, end } = await bounds(cluster, topic);
        const found: ReadRecord[] = [];
        const onRecord = (partition: number, record: FetchedRecord) =>
          found.push({
            partition,
            offset: record.offset,
            key: recordKey(record),
            value: recordValue(record),
            headers: Object.fromEntries(headersOf(record).map(([name, value]) => [name.toString(), value])),
          });
        await readLog(cluster, { topic, from: start, to: end, onRecord });
        return found;
      } finally {
        await cluster.close();
      }
    },
    async positions(group, topic) {
      const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return new Map(
        (answer?.partitions ?? []).map((p) => [
          p.partition,
          { offset: Number(p.offset), metadata: p.metadata },
        ]),
      );
    },
    async close() {
      await producer.disconnect();
      await admin.disconnect();
    },
  };
}
