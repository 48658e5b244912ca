import { type Cluster, createCluster, type Topic } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { committedRecords } from '../../../shared/clients/kafka-protocol/committed-records.ts';
import { fetchOnce } from '../../../shared/clients/kafka-protocol/fetch-api.ts';
import { listOffsets } from '../../../shared/clients/kafka-protocol/list-offsets.ts';
import { readPositions } from '../../../shared/clients/kafka-protocol/offsets.ts';
import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';
import { PipelineError } from '../../../shared/errors/index.ts';

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, number>;

export interface TopicBounds {
  /** Kafka's own text form of the topic id. */
  id: string;
  /** First offset that the log still holds. */
  start: Offsets;
  /** Read-committed end: everything below it is decided. */
  end: Offsets;
}

/** Reads topics and positions, and never writes. */
export interface KafkaLog {
  /** Undefined when there is no such topic. */
  bounds(topic: string): Promise<TopicBounds | undefined>;
  /** Committed positions of a group; partitions without one are absent. */
  positions(group: string, topic: string): Promise<Offsets>;
  /**
   * Committed records from `from` on, in order, until `to` is reached; a piece a fetch. What the log no longer
   * holds is passed over.
   */
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<FetchedRecord[]>;
  close(): Promise<void>;
}

const fetchBytes = 4 * 1024 * 1024;
const lane = 'check';

/** @param options `connectionOptions`: TLS and SASL. */
export function createKafkaLog(options: Parameters<typeof createCluster>[0]): KafkaLog {
  const cluster = createCluster(options);
  const topicNow = async (name: string) => (await cluster.readTopics([name])).get(name);

  return {
    async bounds(name) {
      const topic = await topicNow(name);
      if (topic === undefined) return undefined;
      const question = { topic: name, partitions: [...topic.partitions.keys()], lane };
      const start = await listOffsets(cluster, { ...question, at: 'earliest' });
      const end = await listOffsets(cluster, { ...question, at: 'latest' });
      return { id: topic.id, start, end };
    },

    async positions(groupId, name) {
      const topic = await topicNow(name);
      if (topic === undefined) return new Map();
      const partitions = [...topic.partitions.keys()];
      const found = await readPositions(cluster, { groupId, topic: name, partitions, stable: false, lane });
      return new Map([...found].map(([partition, { offset }]) => [partition, offset]));
    },

    async *read(name, partition, from, to) {
      const topic = await topicNow(name);
      if (topic === undefined) {
        throw new PipelineError('NO_TOPIC', `Topic ${name} does not exist`, { retriable: true });
      }
      for (let offset = from; offset < to; ) {
        const fetched = await fetchPiece(cluster, topic, partition, offset);
        if (fetched.error === 'OFFSET_OUT_OF_RANGE') {
          const question = { topic: name, partitions: [partition], at: 'earliest' as const, lane };
          const start = (await listOffsets(cluster, question)).get(partition) ?? to;
          offset = Math.max(start, offset + 1);
          continue;
        }
        if (fetched.error !== undefined) {
          throw new PipelineError('FETCH', `${name}-${partition} cannot be read now: ${fetched.error}`, {
            retriable: true,
          });
        }
        const { records, nextOffset } = committedRecords(fetched, offset);
        offset = nextOffset;
        const below = records.filter((record) => record.offset < to);
        if (below.length > 0) yield below;
      }
    },

    close: () => cluster.close(),
  };
}

async function fetchPiece(cluster: Cluster, topic: Topic, partition: number, offset: number) {
  const connection = await cluster.connection(cluster.leaderOf(topic, partition), lane);
  const leaderEpoch = topic.partitions[partition]?.leaderEpoch ?? -1;
  const [fetched] = await fetchOnce(connection, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: fetchBytes,
    targets: [{ topicUuid: topic.uuid, partition, leaderEpoch, offset, maxBytes: fetchBytes }],
  });
  if (fetched === undefined) {
    throw new PipelineError('NO_ANSWER', `${topic.name}-${partition}: an empty answer`, { retriable: true });
  }
  return fetched;
}
