import { type Admin, Kafka, type KafkaMessage, logLevel, type Message } from 'kafkajs';
import { engines } from '../../../support/engines.ts';

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
  readAll(topic: string): Promise<(KafkaMessage & { partition: number })[]>;
  /** Position and metadata of a group, by partition. */
  positions(group: string, topic: string): Promise<Map<number, { offset: number; metadata: string | null }>>;
  close(): Promise<void>;
}

/** What tests do with Kafka besides the connector; all through kafkajs, so that the two check each other. */
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
      await admin.createTopics({
        waitForLeaders: true,
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor: 1,
            configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
          },
        ],
      });
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
      const ends = await committedEnds(kafka, admin, topic);
      const consumer = kafka.consumer({ groupId: `read-${topic}-${Math.random()}`, maxWaitTimeInMs: 50 });
      const found: (KafkaMessage & { partition: number })[] = [];
      const seen = new Set<string>();
      const open = new Map(
        [...ends].filter(([, { high, low }]) => high > low).map(([p, { high }]) => [p, high]),
      );
      if (open.size === 0) return found;
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
          if (Number(payload.lastOffset) + 1 >= (open.get(payload.partition) ?? 0))
            open.delete(payload.partition);
          if (open.size === 0) resolve();
        });
        consumer
          .run({
            eachBatchAutoResolve: true,
            eachMessage: async ({ partition, message }) => {
              // A reader that lost its place for a moment sees the same records again; the log holds each once.
              const position = `${partition}/${message.offset}`;
              if (!seen.has(position)) found.push({ ...message, partition });
              seen.add(position);
              if (Number(message.offset) + 1 >= (open.get(partition) ?? 0)) open.delete(partition);
              if (open.size === 0) resolve();
            },
          })
          .catch(reject);
        // What remains below the end are markers only: nothing more will come.
        setTimeout(resolve, 2500);
      });
      await consumer.disconnect();
      return found.sort((a, b) => a.partition - b.partition || Number(a.offset) - Number(b.offset));
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

async function committedEnds(_kafka: Kafka, admin: Admin, topic: string) {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.map((o) => [o.partition, { high: Number(o.high), low: Number(o.low) }]));
}
