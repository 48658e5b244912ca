import type { Cluster, Topic } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { committedRecords } from '../../../shared/clients/kafka-protocol/committed-records.ts';
import type { BrokerAddress } from '../../../shared/clients/kafka-protocol/connections.ts';
import { staleMetadataErrors } from '../../../shared/clients/kafka-protocol/errors.ts';
import {
  type FetchedPartition,
  type FetchTarget,
  fetchOnce,
} from '../../../shared/clients/kafka-protocol/fetch-api.ts';
import type { Logger } from '../../../shared/log/index.ts';
import { type BufferBudget, createFeed, type Feed, type FilledFeed } from './feed.ts';

export interface Fetcher {
  /** Adds a partition; nothing is fetched before its first seek. */
  open(topic: Topic, partition: number, limitBytes: number): Feed;
  close(): Promise<void>;
}

const LONG_WAIT_MS = 500;
const SHORT_WAIT_MS = 20;
const GATHER_BYTES = 64 * 1024;
const MAX_BYTES = 16 * 1024 * 1024;
const RETRY_MS = 100;
/** A second request may travel while the first waits at the broker, so that a new partition need not wait. */
const LANES = 2;

/**
 * Fetches for the open partitions of one group, per leader. Idle partitions are waited for at the broker
 * without polling; busy ones are gathered for a moment, so that a fetch brings many records.
 */
export function createFetcher({
  cluster,
  lane,
  budget,
  log,
  now = Date.now,
}: {
  cluster: Cluster;
  lane: string;
  budget: BufferBudget;
  log: Logger;
  now?: () => number;
}): Fetcher {
  const feeds = new Set<FilledFeed>();
  /** Lanes in use, by broker. */
  const busy = new Map<number, Set<number>>();
  const quiet = new Map<number, boolean>();
  let closed = false;
  let scheduled = false;
  let again = false;

  function schedule(delayMs = 0): void {
    if (closed) return;
    if (delayMs > 0) {
      setTimeout(() => schedule(), delayMs).unref();
      return;
    }
    if (scheduled) {
      again = true;
      return;
    }
    scheduled = true;
    setImmediate(async () => {
      try {
        await pump();
      } catch (error) {
        log.warn({ err: error }, 'fetching waits for the cluster');
        schedule(RETRY_MS);
      }
      // One pump at a time: two would hand out the same partition twice.
      scheduled = false;
      if (again) {
        again = false;
        schedule();
      }
    });
  }

  async function pump(): Promise<void> {
    const byBroker = new Map<number, { broker: BrokerAddress; ready: FilledFeed[]; all: number }>();
    let missing = false;
    for (const feed of feeds) {
      const topic = await cluster.topic(feed.topic);
      if (topic !== undefined && topic.uuid !== feed.topicUuid) {
        feed.fail('TOPIC_CHANGED');
        continue;
      }
      let broker: BrokerAddress;
      try {
        if (topic === undefined) throw new Error('no such topic');
        broker = cluster.leaderOf(topic, feed.partition);
      } catch {
        missing = true;
        continue;
      }
      const entry = byBroker.get(broker.nodeId) ?? { broker, ready: [], all: 0 };
      byBroker.set(broker.nodeId, entry);
      entry.all++;
      if (feed.wantsData() && feed.flight !== feed.epoch()) entry.ready.push(feed);
    }
    if (missing) schedule(RETRY_MS);
    for (const { broker, ready, all } of byBroker.values()) {
      if (ready.length === 0) continue;
      const lanes = busy.get(broker.nodeId) ?? new Set<number>();
      busy.set(broker.nodeId, lanes);
      const free = Array.from({ length: LANES }, (_, i) => i).find((i) => !lanes.has(i));
      if (free === undefined) continue;
      lanes.add(free);
      const waitLong = quiet.get(broker.nodeId) === true && ready.length === all;
      const flights = ready.map((feed) => {
        feed.flight = feed.epoch();
        return { feed, epoch: feed.flight };
      });
      fetchFrom(broker, free, ready, waitLong)
        .catch((error) => {
          if (closed) return 0;
          log.warn({ err: error, broker: `${broker.host}:${broker.port}` }, 'fetch failed, trying again');
          cluster.forgetTopics(ready.map((feed) => feed.topic));
          return RETRY_MS;
        })
        .then((retryMs) => {
          lanes.delete(free);
          // A feed that was sought elsewhere meanwhile may be under way again already.
          for (const { feed, epoch } of flights) if (feed.flight === epoch) feed.flight = -1;
          schedule(retryMs);
        });
    }
  }

  async function fetchFrom(
    broker: BrokerAddress,
    laneNumber: number,
    ready: FilledFeed[],
    waitLong: boolean,
  ): Promise<number> {
    const connection = await cluster.connection(broker, `${lane}/fetch-${laneNumber}`);
    const asked = new Map<string, { feed: FilledFeed; epoch: number; offset: number }>();
    const targets: FetchTarget[] = [];
    for (const feed of ready) {
      const topic = await cluster.topic(feed.topic);
      if (!feed.wantsData() || topic === undefined) continue;
      const offset = feed.fetchedTo();
      asked.set(`${feed.topicUuid}/${feed.partition}`, { feed, epoch: feed.epoch(), offset });
      targets.push({
        topicUuid: feed.topicUuid,
        partition: feed.partition,
        leaderEpoch: topic.partitions[feed.partition]?.leaderEpoch ?? -1,
        offset,
        maxBytes: 2 * 1024 * 1024,
      });
    }
    if (targets.length === 0) return 0;
    const answers = await fetchOnce(connection, {
      maxWaitMs: waitLong ? LONG_WAIT_MS : SHORT_WAIT_MS,
      minBytes: waitLong ? 1 : GATHER_BYTES,
      maxBytes: MAX_BYTES,
      targets,
    });
    let retryMs = 0;
    let brought = 0;
    for (const answer of answers) {
      const entry = asked.get(`${answer.topicUuid}/${answer.partition}`);
      // Fetched for a position that has been left since.
      if (!entry || entry.feed.isClosed() || entry.feed.epoch() !== entry.epoch) continue;
      if (answer.error !== undefined) retryMs = RETRY_MS;
      brought += answer.bytes.length;
      receive(entry.feed, answer, entry.offset);
    }
    quiet.set(broker.nodeId, brought === 0);
    return retryMs;
  }

  function receive(feed: FilledFeed, answer: FetchedPartition, offset: number): void {
    if (answer.error === 'OFFSET_OUT_OF_RANGE') {
      feed.fail(answer.error);
      return;
    }
    if (answer.error !== undefined) {
      if (staleMetadataErrors.has(answer.error)) cluster.forgetTopics([feed.topic]);
      else log.error({ topic: feed.topic, partition: feed.partition, error: answer.error }, 'fetch refused');
      return;
    }
    try {
      const { records, nextOffset } = committedRecords(answer, offset);
      feed.noteEnd({ stable: answer.lastStableOffset, highWatermark: answer.highWatermark });
      feed.append(records, nextOffset);
    } catch (error) {
      log.error({ err: error, topic: feed.topic, partition: feed.partition, offset }, 'records unreadable');
      feed.fail('RECORDS_UNREADABLE');
    }
  }

  return {
    open(topic, partition, limitBytes) {
      const feed = createFeed({
        topic: topic.name,
        topicUuid: topic.uuid,
        partition,
        limitBytes,
        budget,
        now,
        onRoom: () => schedule(),
        onClose: () => feeds.delete(feed),
      });
      feeds.add(feed);
      return feed;
    },
    async close() {
      closed = true;
      for (const feed of [...feeds]) feed.close();
      await Promise.all(Array.from({ length: LANES }, (_, i) => cluster.closeLane(`${lane}/fetch-${i}`)));
    },
  };
}
