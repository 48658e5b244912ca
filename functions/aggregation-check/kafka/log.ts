import {
  Admin,
  Connection,
  type ConnectionOptions,
  fetchV13,
  protocolErrorsCodesById,
} from '@platformatic/kafka';
import { PipelineError } from '../../../shared/errors/index.ts';
import { committed, type LogRecord } from './committed.ts';

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
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<LogRecord[]>;
  close(): Promise<void>;
}

const readCommitted = 1;
const fetchBytes = 4 * 1024 * 1024;

/**
 * kafkajs knows the high watermark alone, which lies beyond what a read-committed reader may see, and reads only as
 * a member of a group; hence the other client's protocol API.
 */
export function createKafkaLog({
  bootstrapServers,
  clientId,
  connectionOptions = {},
}: {
  bootstrapServers: string;
  clientId: string;
  /** TLS and SASL. */
  connectionOptions?: ConnectionOptions;
}): KafkaLog {
  const admin = new Admin({
    clientId,
    bootstrapBrokers: bootstrapServers.split(','),
    timeout: 10_000,
    retries: 3,
    retryDelay: 100,
    connectTimeout: 3000,
    ...connectionOptions,
  });
  const connections = new Map<string, Promise<Connection>>();

  function connectionTo({ host, port }: { host: string; port: number }): Promise<Connection> {
    const key = `${host}:${port}`;
    const existing = connections.get(key);
    if (existing !== undefined) return existing;
    const connection = new Connection(clientId, {
      connectTimeout: 3000,
      requestTimeout: 15_000,
      ...connectionOptions,
    });
    const forget = () => connections.delete(key);
    connection.on('error', forget);
    connection.on('close', forget);
    const connecting = (async () => {
      await connection.connect(host, port);
      return connection;
    })();
    connecting.catch(forget);
    connections.set(key, connecting);
    return connecting;
  }

  async function metadataOf(topic: string) {
    try {
      const cluster = await admin.metadata({ topics: [topic], forceUpdate: true, autocreateTopics: false });
      const found = cluster.topics.get(topic);
      return found === undefined ? undefined : { found, brokers: cluster.brokers };
    } catch (error) {
      if (isUnknownTopic(error)) return undefined;
      throw error;
    }
  }

  async function offsets(topic: string, partitions: number, timestamp: bigint): Promise<Offsets> {
    const [answer] = await admin.listOffsets({
      topics: [
        {
          name: topic,
          partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
            partitionIndex,
            timestamp,
          })),
        },
      ],
      isolationLevel: readCommitted,
    });
    return new Map(
      (answer?.partitions ?? []).map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]),
    );
  }

  return {
    async bounds(topic) {
      const known = await metadataOf(topic);
      if (known === undefined) return undefined;
      const { id, partitionsCount } = known.found;
      const start = await offsets(topic, partitionsCount, -2n);
      const end = await offsets(topic, partitionsCount, -1n);
      return { id: Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url'), start, end };
    },

    async positions(group, topic) {
      const known = await metadataOf(topic);
      if (known === undefined) return new Map();
      const partitionIndexes = Array.from({ length: known.found.partitionsCount }, (_, index) => index);
      const [answer] = await admin.listConsumerGroupOffsets({
        groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }],
      });
      const partitions = answer?.topics.find(({ name }) => name === topic)?.partitions ?? [];
      return new Map(
        partitions
          .filter(({ committedOffset }) => committedOffset >= 0n)
          .map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]),
      );
    },

    async *read(topic, partition, from, to) {
      const known = await metadataOf(topic);
      const leader = known?.brokers.get(known.found.partitions[partition]?.leader ?? -1);
      if (known === undefined || leader === undefined) {
        throw new PipelineError('NO_LEADER', `${topic}-${partition} has no leader now`, { retriable: true });
      }
      for (let offset = from; offset < to; ) {
        const fetched = await fetchOne(await connectionTo(leader), known.found.id, partition, offset).catch(
          async (error: unknown) => {
            if (nameOf(error) !== 'OFFSET_OUT_OF_RANGE') throw error;
            return undefined;
          },
        );
        if (fetched === undefined) {
          const start = (await offsets(topic, known.found.partitionsCount, -2n)).get(partition) ?? to;
          offset = Math.max(start, offset + 1);
          continue;
        }
        const { records, nextOffset } = committed(
          fetched.records ?? [],
          fetched.abortedTransactions ?? [],
          offset,
        );
        offset = nextOffset;
        const below = records.filter((record) => record.offset < to);
        if (below.length > 0) yield below;
      }
    },

    async close() {
      await admin.close();
      const open = await Promise.allSettled(connections.values());
      for (const each of open) if (each.status === 'fulfilled') await each.value.close();
    },
  };
}

async function fetchOne(connection: Connection, topicId: string, partition: number, offset: number) {
  const target = {
    partition,
    currentLeaderEpoch: -1,
    fetchOffset: BigInt(offset),
    lastFetchedEpoch: -1,
    partitionMaxBytes: fetchBytes,
  };
  const answer = await fetchV13.api.async(
    connection,
    500,
    1,
    fetchBytes,
    readCommitted,
    0,
    -1,
    [{ topicId, partitions: [target] }],
    [],
    '',
  );
  const fetched = answer.responses[0]?.partitions[0];
  if (fetched === undefined) throw new PipelineError('NO_ANSWER', `partition ${partition}: an empty answer`);
  return fetched;
}

/** The library has its own error for a topic that is not in the answer; it asks for metadata alone here. */
function isUnknownTopic(error: unknown): boolean {
  return (
    nameOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION' || (error as { code?: unknown }).code === 'PLT_KFK_USER'
  );
}

/** Kafka's name of an error, wherever in a chain of causes it stands. */
function nameOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { apiId, apiCode, errors, cause } = error as {
    apiId?: string;
    apiCode?: number;
    errors?: unknown[];
    cause?: unknown;
  };
  if (apiId !== undefined) return apiId;
  if (apiCode !== undefined) return (protocolErrorsCodesById as Record<number, string>)[apiCode];
  for (const each of errors ?? []) {
    const name = nameOf(each);
    if (name !== undefined) return name;
  }
  return nameOf(cause);
}
