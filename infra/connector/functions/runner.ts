import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { PositionWriteError } from '../../../shared/clients/kafka-protocol/errors.ts';
import { createPositionLog } from '../../../shared/clients/kafka-protocol/position-log.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Logger } from '../../../shared/log/index.ts';
import type { ByteBudget } from '../call/byte-budget.ts';
import type { FunctionCaller } from '../call/function-caller.ts';
import { createPace } from '../call/pace.ts';
import { watchOldRanges } from '../delivery/old-ranges.ts';
import { resolveStart } from '../delivery/start.ts';
import { createWorker, type PartitionState, type Worker } from '../delivery/worker.ts';
import type { Slot } from '../kafka/assignor.ts';
import type { BufferBudget } from '../kafka/feed.ts';
import { createFetcher } from '../kafka/fetcher.ts';
import { createGroupMember, type Membership } from '../kafka/group-member.ts';
import type { ConnectorMetrics } from '../metrics.ts';
import { ensureRetryTopic } from './retry-topic.ts';
import type { Subscription } from './subscription.ts';

export interface Runner {
  readonly subscription: Subscription;
  /** State of every partition that is ours at present. */
  partitions(): PartitionState[];
  lastContactMs(): number;
  generation(): number;
  /** Finishes what is in flight, acknowledges, leaves the group. */
  close(): Promise<void>;
}

/** What all runners of the process share, so that its memory is bounded however many partitions it has. */
export interface Memory {
  buffers: BufferBudget;
  bodies: ByteBudget;
}

/** A call may run on for so long when its partition moves or the process stops; then its answer is dropped. */
const REBALANCE_GRACE_MS = 5000;
const CLOSE_GRACE_MS = 15_000;

/** Delivers to one function: a consumer group of its own, and a worker for each partition assigned to us. */
export function createRunner({
  subscription,
  cluster,
  caller,
  memory,
  metrics,
  log: connectorLog,
  instanceId,
  sessionTimeoutMs,
  topicsIntervalMs,
  onFenced,
  now = Date.now,
  random = Math.random,
}: {
  subscription: Subscription;
  cluster: Cluster;
  caller: FunctionCaller;
  memory: Memory;
  metrics: ConnectorMetrics;
  log: Logger;
  instanceId?: string | undefined;
  sessionTimeoutMs?: number | undefined;
  topicsIntervalMs?: number | undefined;
  onFenced: () => void;
  now?: () => number;
  random?: () => number;
}): Runner {
  const { functionName, group } = subscription;
  const log = connectorLog.child({ function: functionName });
  const lane = `function/${functionName}`;
  const fetcher = createFetcher({ cluster, lane, budget: memory.buffers, log, now });
  const pace = createPace();
  const positionLog = createPositionLog({ cluster, groupId: group, lane: `${lane}/positions` });
  const workers = new Set<Worker>();
  const oldRanges =
    subscription.mode === 'ranges'
      ? watchOldRanges({ cluster, subscription, lane: `${lane}/watch`, log, now })
      : { holding: () => undefined, close: () => {} };
  let starting = new AbortController();

  function startWorkers(membership: Membership, slots: Slot[], clusterId: string, signal: AbortSignal) {
    return Promise.all(
      slots.map(async (slot) => {
        const topic = await cluster.topic(slot.topic);
        if (!topic || signal.aborted) return;
        workers.add(
          createWorker({
            cluster,
            clusterId,
            caller,
            subscription,
            membership,
            positionLog,
            topic,
            partition: slot.partition,
            lane: `${lane}/${slot.topic}-${slot.partition}`,
            feed: fetcher.open(topic, slot.partition, subscription.batchBytes),
            bodies: memory.bodies,
            pace,
            oldRanges,
            log,
            metrics,
            now,
            random,
          }),
        );
      }),
    );
  }

  /** The leader decides where the group begins before any of its own partitions is taken over. */
  async function begin(membership: Membership, slots: Slot[], topics: string[], signal: AbortSignal) {
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        const clusterId = await cluster.clusterId();
        if (membership.leader) {
          for (const name of topics) {
            const topic = await cluster.topic(name);
            if (topic && !signal.aborted)
              await resolveStart(cluster, { membership, positionLog, subscription, topic, lane, log });
          }
        }
        if (!signal.aborted) await startWorkers(membership, slots, clusterId, signal);
        return;
      } catch (error) {
        if (error instanceof PositionWriteError && error.mayLandLate) {
          membership.renew(error.message);
          return;
        }
        log.warn({ err: messageOf(error) }, 'cannot begin yet, trying again');
        await delay(Math.min(100 * tries, 2000), undefined, { signal }).catch(() => {});
        await membership.confirm().catch(() => {});
      }
    }
  }

  const member = createGroupMember({
    cluster,
    groupId: group,
    topics: [...subscription.topics, subscription.retryTopic],
    instanceId,
    ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
    ...(topicsIntervalMs !== undefined && { topicsIntervalMs }),
    log,
    onFenced,
    beforeFirstJoin: () => ensureRetryTopic(cluster, subscription.retryTopic, log),
    async onAssigned(membership, slots, topics) {
      starting = new AbortController();
      metrics.generation.set({ function: functionName }, membership.generation);
      await begin(membership, slots, [...topics.keys()], starting.signal);
    },
    async onRevoked(reason) {
      starting.abort();
      metrics.generation.set({ function: functionName }, -1);
      const grace = reason === 'lost' ? 0 : reason === 'closing' ? CLOSE_GRACE_MS : REBALANCE_GRACE_MS;
      const stopping = [...workers];
      workers.clear();
      await Promise.all(stopping.map((worker) => worker.stop(grace)));
    },
  });

  return {
    subscription,
    partitions: () => [...workers].map((worker) => worker.state()),
    lastContactMs: member.lastContactMs,
    generation: member.generation,
    async close() {
      oldRanges.close();
      await member.close();
      await fetcher.close();
    },
  };
}
