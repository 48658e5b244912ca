import { setTimeout as delay } from 'node:timers/promises';
import {
  type API,
  type Connection,
  type ConnectionOptions,
  findCoordinatorV4,
  metadataV12,
} from '@platformatic/kafka';
import { PipelineError } from '../../errors/index.ts';
import { type BrokerAddress, createConnections } from './connections.ts';
import { kafkaErrorId, kafkaErrorName, movedCoordinatorErrors } from './errors.ts';

type MetadataResponse = metadataV12.MetadataResponse;

export interface TopicPartition {
  leader: number;
  leaderEpoch: number;
}

export interface Topic {
  name: string;
  /** UUID with dashes, as requests want it. */
  uuid: string;
  /** The same in Kafka's own short text form; a topic made anew has another one. */
  id: string;
  partitions: TopicPartition[];
}

export type CoordinatorKind = 'group' | 'transaction';

export interface Cluster {
  readonly bootstrapServers: string;
  /** The cluster's id; known once any metadata has been read. */
  clusterId(): Promise<string>;
  /**
   * Topics that exist, by name, asked anew from the cluster.
   *
   * @throws PipelineError `TOPIC_DENIED` when Kafka refuses to tell of one.
   */
  readTopics(names: readonly string[]): Promise<Map<string, Topic>>;
  /** A topic as last read; asks, as `readTopics` does, when it is not known yet. Undefined when it does not exist. */
  topic(name: string): Promise<Topic | undefined>;
  /** Drops what is known of these topics; the next use asks anew. */
  forgetTopics(names: readonly string[]): void;
  leaderOf(topic: Topic, partition: number): BrokerAddress;
  /**
   * The coordinator of a group or transactional id, as last heard. Being asked for the first one of all, Kafka makes the
   * topic that coordinators keep.
   *
   * @throws PipelineError `NO_COORDINATOR`, retriable.
   */
  coordinatorOf(kind: CoordinatorKind, key: string): Promise<BrokerAddress>;
  call<A extends unknown[], R>(to: BrokerAddress, lane: string, api: API<A, R>, ...args: A): Promise<R>;
  /** Calls the coordinator of a group or transactional id; looks for it again when it has moved. */
  callCoordinator<A extends unknown[], R>(
    kind: CoordinatorKind,
    key: string,
    lane: string,
    api: API<A, R>,
    ...args: A
  ): Promise<R>;
  /** Asks one broker after the other until one answers: for requests that may be repeated. */
  callAny<A extends unknown[], R>(lane: string, api: API<A, R>, ...args: A): Promise<R>;
  connection(to: BrokerAddress, lane: string): Promise<Connection>;
  anyBroker(): Promise<BrokerAddress>;
  closeLane(lane: string): Promise<void>;
  close(): Promise<void>;
}

const COORDINATOR_TRIES = 50;

/**
 * The cluster as one client sees it: brokers, leaders, topic ids, coordinators, connections.
 * Requests are the library's protocol API; nothing here retries a request that may have taken effect.
 */
export function createCluster({
  bootstrapServers,
  clientId,
  connectionOptions = {},
  metadataTimeoutMs,
}: {
  bootstrapServers: string;
  clientId: string;
  connectionOptions?: ConnectionOptions;
  /** After this time another broker is asked about topics, leaders and coordinators; else that of every request. */
  metadataTimeoutMs?: number;
}): Cluster {
  const connections = createConnections({
    clientId,
    // A broker answers a join only when the whole group has joined.
    optionsOf: (lane) => ({
      connectTimeout: 3000,
      requestTimeout: lane.endsWith('/join') ? 90_000 : 15_000,
      ...connectionOptions,
      ...(lane === 'metadata' && metadataTimeoutMs !== undefined
        ? { requestTimeout: metadataTimeoutMs }
        : {}),
    }),
  });
  const topics = new Map<string, Topic>();
  const coordinators = new Map<string, BrokerAddress>();
  let brokers: BrokerAddress[] = bootstrapServers.split(',').map((address, index) => {
    const colon = address.lastIndexOf(':');
    return {
      nodeId: -1 - index,
      host: address.slice(0, colon).trim(),
      port: Number(address.slice(colon + 1)),
    };
  });
  const seeds = brokers;
  let knownClusterId: string | undefined;

  async function fromAnyBroker<T>(ask: (broker: BrokerAddress) => Promise<T>): Promise<T> {
    let lastError: unknown;
    const start = Math.floor(Math.random() * brokers.length);
    const candidates = [...brokers.slice(start), ...brokers.slice(0, start), ...seeds];
    for (const broker of candidates) {
      try {
        return await ask(broker);
      } catch (error) {
        lastError = error;
      }
    }
    throw new PipelineError('KAFKA_UNREACHABLE', `No broker of ${bootstrapServers} answers`, {
      cause: lastError,
      retriable: true,
    });
  }

  async function metadata(names: readonly string[]): Promise<MetadataResponse> {
    const answer = await fromAnyBroker(async (broker) => {
      const connection = await connections.to(broker, 'metadata');
      try {
        return await metadataV12.api.async(connection, [...names], false, false);
      } catch (error) {
        // An unknown topic among the asked ones makes the library throw; the answer for the others is there.
        const response = (error as { response?: MetadataResponse }).response;
        if (response?.brokers === undefined) throw error;
        return response;
      }
    });
    if (answer.brokers.length > 0) {
      brokers = answer.brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port }));
    }
    if (answer.clusterId) knownClusterId = answer.clusterId;
    return answer;
  }

  async function readTopics(names: readonly string[]): Promise<Map<string, Topic>> {
    const { topics: answered } = await metadata(names);
    const found = new Map<string, Topic>();
    for (const name of names) topics.delete(name);
    for (const each of answered) {
      if (kafkaErrorName(each.errorCode) === 'TOPIC_AUTHORIZATION_FAILED') {
        throw new PipelineError(
          'TOPIC_DENIED',
          `Kafka does not let this client know the topic ${each.name}: grant its user Describe on it`,
        );
      }
      if (each.errorCode !== 0 || !each.name || each.partitions.length === 0) continue;
      const partitions: TopicPartition[] = [];
      for (const p of each.partitions) {
        partitions[p.partitionIndex] = { leader: p.leaderId, leaderEpoch: p.leaderEpoch };
      }
      const topic = { name: each.name, uuid: each.topicId, id: shortId(each.topicId), partitions };
      topics.set(topic.name, topic);
      found.set(topic.name, topic);
    }
    return found;
  }

  async function coordinatorOf(kind: CoordinatorKind, key: string): Promise<BrokerAddress> {
    const cacheKey = `${kind}:${key}`;
    const known = coordinators.get(cacheKey);
    if (known) return known;
    const answer = await fromAnyBroker(async (broker) => {
      const connection = await connections.to(broker, 'metadata');
      return findCoordinatorV4.api.async(connection, kind === 'group' ? 0 : 1, [key]);
    });
    const found = answer.coordinators[0];
    if (found?.errorCode !== 0) {
      throw new PipelineError('NO_COORDINATOR', `No coordinator for ${kind} ${key}`, { retriable: true });
    }
    const address = { nodeId: found.nodeId, host: found.host, port: found.port };
    coordinators.set(cacheKey, address);
    return address;
  }

  async function call<A extends unknown[], R>(
    to: BrokerAddress,
    lane: string,
    api: API<A, R>,
    ...args: A
  ): Promise<R> {
    return api.async(await connections.to(to, lane), ...args);
  }

  return {
    bootstrapServers,
    async clusterId() {
      if (knownClusterId === undefined) await metadata([]);
      return knownClusterId ?? '';
    },
    readTopics,
    async topic(name) {
      return topics.get(name) ?? (await readTopics([name])).get(name);
    },
    forgetTopics(names) {
      for (const name of names) topics.delete(name);
    },
    leaderOf(topic, partition) {
      const leader = topic.partitions[partition]?.leader;
      const broker = brokers.find(({ nodeId }) => nodeId === leader);
      if (!broker) {
        topics.delete(topic.name);
        throw new PipelineError('NO_LEADER', `${topic.name}-${partition} has no leader at present`, {
          retriable: true,
        });
      }
      return broker;
    },
    coordinatorOf,
    call,
    async callCoordinator(kind, key, lane, api, ...args) {
      for (let tries = 1; ; tries++) {
        try {
          return await call(await coordinatorOf(kind, key), lane, api, ...args);
        } catch (error) {
          const id = kafkaErrorId(error);
          // Whatever failed: the next use asks who the coordinator is.
          if (id === undefined || movedCoordinatorErrors.has(id)) coordinators.delete(`${kind}:${key}`);
          // It answered, so no copy of the request can land later: sending the same again is safe.
          const again = id !== undefined && movedCoordinatorErrors.has(id);
          if (!again || tries >= COORDINATOR_TRIES) throw error;
          await delay(Math.min(20 * tries, 200));
        }
      }
    },
    callAny: (lane, api, ...args) => fromAnyBroker((broker) => call(broker, lane, api, ...args)),
    connection: (to, lane) => connections.to(to, lane),
    async anyBroker() {
      if (brokers === seeds) await metadata([]);
      return brokers[0] as BrokerAddress;
    },
    closeLane: (lane) => connections.closeLane(lane),
    close: () => connections.close(),
  };
}

/** Kafka's text form of a topic id: its 16 bytes in base64 for URLs. */
function shortId(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}
