import { expect } from '@jest/globals';
import { Admin as PositionAdmin } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { type Check, createCheck } from '../../../functions/aggregation-check/check.ts';
import { createKafkaLog, type KafkaLog } from '../../../functions/aggregation-check/kafka/log.ts';
import { createWrite as createClickHouseWrite } from '../../../functions/clickhouse-write/write.ts';
import { createWrite as createMongoWrite } from '../../../functions/mongo-write/write.ts';
import { makeTopics } from '../../../shared/clients/kafka/index.ts';
import { recordValue } from '../../../shared/clients/kafka-protocol/records.ts';
import { cleanRange } from '../../support/clean-range.ts';
import { engines } from '../../support/engines.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import {
  type ClickHouseFixture,
  type MongoFixture,
  openClickHouse,
  openMongo,
  quietMetrics,
} from './open-stores.ts';

/** A topic of two partitions, both stores, and a check of them. A partition's rows go to the shard of its number. */
export interface CheckRig {
  topic: string;
  topicId: string;
  deadLetterTopic: string;
  clickhouse: ClickHouseFixture;
  mongo: MongoFixture;
  log: KafkaLog;
  check: Check;
  /** As another process would have it. `forgotten`: Kafka no longer holds any record of the topic. */
  newCheck(options?: { forgotten?: boolean }): Check;
  /** One transaction; an aborted one leaves offsets behind that hold nothing. */
  produce(
    to: string,
    partition: number,
    values: (string | null)[],
    options?: { key?: string; abort?: boolean },
  ): Promise<void>;
  /** Writes what stands in a partition from `from` on, but the offsets `without`, into one store or both. */
  store(
    partition: number,
    options?: { from?: number; without?: number[]; into?: string[]; together?: boolean },
  ): Promise<void>;
  /** Moves both sinks to the ends of the topic. */
  acknowledge(): Promise<void>;
  /** First offset behind what a partition holds. */
  end(partition: number): Promise<number>;
  close(): Promise<void>;
}

/** `clickhouseUrl`: other servers than the run's, one a shard. */
export async function openCheckRig({ clickhouseUrl }: { clickhouseUrl?: string } = {}): Promise<CheckRig> {
  const topic = unique('clean');
  const deadLetterTopic = unique('dlq');
  const [clickhouse, mongo] = await Promise.all([
    openClickHouse(clickhouseUrl === undefined ? {} : { CLICKHOUSE_URL: clickhouseUrl }),
    openMongo(),
  ]);
  const kafka = new Kafka({
    brokers: engines().kafka.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, retries: 20 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([admin.connect(), producer.connect()]);
  await makeTopics(admin, [
    { topic, numPartitions: 2 },
    { topic: deadLetterTopic, numPartitions: 1 },
  ]);
  // kafkajs would join the group first, which takes seconds.
  const positions = new PositionAdmin({ clientId: topic, bootstrapBrokers: engines().kafka.split(',') });
  const log = createKafkaLog({ bootstrapServers: engines().kafka, clientId: topic });
  const topicId = (await log.bounds(topic))?.id ?? '';
  const newCheck = ({ forgotten = false } = {}) =>
    createCheck({
      log: forgotten ? withoutRecords(log, topic) : log,

      shards: clickhouse.clickhouse.shards,
      events: mongo.mongo.events(),
      leases: mongo.mongo.db.collection('check_leases'),
      cleanTopic: topic,
      deadLetterTopic,
      retentionDays: 1825,
    });
  const write = {
    clickhouse: createClickHouseWrite({
      clickhouse: clickhouse.clickhouse,
      metrics: quietMetrics,
      now: Date.now,
    }),
    mongo: createMongoWrite({ events: mongo.mongo.events(), metrics: quietMetrics, now: Date.now }),
  };
  const end = async (partition: number) => (await log.bounds(topic))?.end.get(partition) ?? 0;

  return {
    topic,
    topicId,
    deadLetterTopic,
    clickhouse,
    mongo,
    log,
    check: newCheck(),
    newCheck,
    end,

    async produce(to, partition, values, { key = 'k', abort = false } = {}) {
      const before = (await log.bounds(to))?.end.get(partition) ?? 0;
      const transaction = await producer.transaction();
      await transaction.send({ topic: to, messages: values.map((value) => ({ key, value, partition })) });
      await (abort ? transaction.abort() : transaction.commit());
      // The broker answers before the marker is written that ends it for readers.
      await eventually(async () => {
        const after = (await log.bounds(to))?.end.get(partition) ?? 0;
        expect(after).toBeGreaterThan(before + values.length);
      });
    },

    async store(
      partition,
      { from = 0, without = [], into = ['clickhouse', 'mongo'], together = false } = {},
    ) {
      for await (const records of log.read(topic, partition, from, await end(partition))) {
        const wanted = records.filter(({ offset }) => !without.includes(offset));
        for (const part of together ? [wanted] : wanted.map((each) => [each])) {
          const range = cleanRange(part.map(recordValue), {
            partition,
            first: part[0]?.offset ?? 0,
            topicId,
            route: partition % clickhouse.clickhouse.shards.length,
          });
          if (into.includes('clickhouse')) await write.clickhouse(range.event, range.batch);
          if (into.includes('mongo')) await write.mongo(range.event, range.batch);
        }
      }
    },

    async acknowledge() {
      const bounds = await log.bounds(topic);
      const partitionOffsets = [...(bounds?.end ?? [])].map(([partition, offset]) => ({
        partition,
        offset: BigInt(offset),
      }));
      for (const groupId of ['mongo-write', 'clickhouse-write']) {
        await positions.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
      }
    },

    async close() {
      await Promise.all([log.close(), positions.close(), producer.disconnect(), admin.disconnect()]);
      await Promise.all([clickhouse.close(), mongo.close()]);
    },
  };
}

/** What is left of a topic when retention has taken all its records. */
function withoutRecords(log: KafkaLog, topic: string): KafkaLog {
  return {
    ...log,
    async bounds(name) {
      const bounds = await log.bounds(name);
      return bounds === undefined || name !== topic ? bounds : { ...bounds, start: bounds.end };
    },
    read: (name, partition, from, to) =>
      name === topic ? (async function* () {})() : log.read(name, partition, from, to),
  };
}
