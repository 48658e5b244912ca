import { setTimeout as delay } from 'node:timers/promises';
import {
  type API,
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  endTxnV3,
  initProducerIdV4,
  txnOffsetCommitV3,
} from '@platformatic/kafka';
import { messageOf, PipelineError } from '../../errors/index.ts';
import type { Cluster } from './cluster.ts';
import { kafkaErrorId, PositionWriteError, staleMetadataErrors } from './errors.ts';
import type { PositionToWrite, PositionWriter } from './offsets.ts';
import { type Outgoing, type Placed, place, topicOf } from './place.ts';
import { type EncodedBatch, produceOnce } from './produce-api.ts';
import { encodeBatch, sequenceAfter } from './record-batch.ts';

/** A transactional producer of one takeover. After any failure it is of no use: a new one fences it. */
export interface TransactionalProducer {
  /**
   * Writes records, and the position that they follow from, in one transaction.
   * @throws PositionWriteError; the transaction may nevertheless have been committed.
   */
  commit(work: {
    records: readonly Outgoing[];
    offsets?: { position: PositionToWrite; writer: PositionWriter };
  }): Promise<void>;
  /**
   * After a failure: whether another producer has taken the id over. The answers to what was under way do not tell,
   * they may just as well speak of the transaction that was ended; so this asks, by giving up whatever is open.
   */
  isFenced(): Promise<boolean>;
}

/** What a broker answers to a producer whose id another one has initialised since. */
const fencedErrors: ReadonlySet<string> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
]);

const TRANSACTION_TIMEOUT_MS = 60_000;
const PRODUCE_TIMEOUT_MS = 10_000;

/**
 * Initialises the producer of a transactional id. That fences whoever used the id before: its open transaction
 * is ended (completed when its end had been decided, else aborted), and whatever it sends later is refused.
 */
export async function createTransactionalProducer({
  cluster,
  transactionalId,
  lane,
  timeoutMs = 90_000,
}: {
  cluster: Cluster;
  transactionalId: string;
  lane: string;
  /** How long a predecessor's transaction may take to end. */
  timeoutMs?: number;
}): Promise<TransactionalProducer> {
  const coordinator = <A extends unknown[], R>(api: API<A, R>, ...args: A) =>
    whileConcurrent(
      () => cluster.callCoordinator('transaction', transactionalId, lane, api, ...args),
      timeoutMs,
    );
  const { producerId, producerEpoch } = await coordinator(
    initProducerIdV4.api,
    transactionalId,
    TRANSACTION_TIMEOUT_MS,
  );
  const sequences = new Map<string, number>();
  let failed = false;

  async function addPartitions(batches: readonly Placed[]): Promise<void> {
    if (batches.length === 0) return;
    const byTopic = Map.groupBy(batches, ({ topic }) => topic);
    await coordinator(addPartitionsToTxnV3.api, [
      {
        transactionalId,
        producerId,
        producerEpoch,
        verifyOnly: false,
        topics: [...byTopic].map(([name, each]) => ({
          name,
          partitions: [...new Set(each.map(({ partition }) => partition))],
        })),
      },
    ]);
  }

  /** Rounds of produce requests: a request carries at most one batch a partition. */
  async function produce(placed: readonly Placed[]): Promise<void> {
    let rest = [...placed];
    while (rest.length > 0) {
      const later: Placed[] = [];
      const byLeader = new Map<number, EncodedBatch[]>();
      for (const each of rest) {
        const records = each.chunks.shift();
        if (!records) continue;
        const topic = await topicOf(cluster, each.topic);
        const key = `${each.topic}/${each.partition}`;
        const sequence = sequences.get(key) ?? 0;
        sequences.set(key, sequenceAfter(sequence, records.length));
        const bytes = encodeBatch(records, { id: producerId, epoch: producerEpoch, sequence });
        const { nodeId } = cluster.leaderOf(topic, each.partition);
        const batches = byLeader.get(nodeId) ?? [];
        byLeader.set(nodeId, batches);
        batches.push({ topic: each.topic, partition: each.partition, bytes });
        if (each.chunks.length > 0) later.push(each);
      }
      await Promise.all(
        [...byLeader.values()].map(async (batches) => {
          const [first] = batches as [EncodedBatch];
          const leader = cluster.leaderOf(await topicOf(cluster, first.topic), first.partition);
          const connection = await cluster.connection(leader, lane);
          await produceOnce(connection, { transactionalId, timeoutMs: PRODUCE_TIMEOUT_MS, batches });
        }),
      );
      rest = later;
    }
  }

  async function commitOffsets(writer: PositionWriter, position: PositionToWrite): Promise<void> {
    await cluster.callCoordinator(
      'group',
      writer.groupId,
      lane,
      txnOffsetCommitV3.api,
      transactionalId,
      writer.groupId,
      producerId,
      producerEpoch,
      writer.generation,
      writer.memberId,
      writer.instanceId,
      [
        {
          name: position.topic,
          partitions: [
            {
              partitionIndex: position.partition,
              committedOffset: BigInt(position.offset),
              committedLeaderEpoch: -1,
              committedMetadata: position.metadata,
            },
          ],
        },
      ],
    );
  }

  return {
    async commit({ records, offsets }) {
      if (failed)
        throw new PipelineError('PRODUCER_FAILED', `${transactionalId}: this producer failed before`);
      try {
        const placed = await place(cluster, records, offsets?.position.partition ?? 0);
        await settled([
          addPartitions(placed),
          offsets &&
            coordinator(
              addOffsetsToTxnV3.api,
              transactionalId,
              producerId,
              producerEpoch,
              offsets.writer.groupId,
            ),
        ]);
        await settled([produce(placed), offsets && commitOffsets(offsets.writer, offsets.position)]);
        await coordinator(endTxnV3.api, transactionalId, producerId, producerEpoch, true);
      } catch (error) {
        failed = true;
        const id = kafkaErrorId(error);
        if (id === undefined || staleMetadataErrors.has(id)) {
          cluster.forgetTopics([...new Set(records.map(({ topic }) => topic))]);
        }
        throw new PositionWriteError(`Transaction of ${transactionalId} failed: ${id ?? messageOf(error)}`, {
          cause: error,
          // It may have been committed, but the next producer of this id ends it one way or the other.
          mayLandLate: false,
        });
      }
    },
    async isFenced() {
      try {
        await coordinator(endTxnV3.api, transactionalId, producerId, producerEpoch, false);
        return false;
      } catch (error) {
        const id = kafkaErrorId(error);
        if (id !== undefined && fencedErrors.has(id)) return true;
        // Nothing was open.
        if (id === 'INVALID_TXN_STATE') return false;
        throw error;
      }
    },
  };
}

/** Right after a transaction the broker is still writing its markers and answers so for a few milliseconds. */
async function whileConcurrent<T>(call: () => Promise<T>, timeoutMs: number): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (kafkaErrorId(error) !== 'CONCURRENT_TRANSACTIONS' || Date.now() > deadline) throw error;
      await delay(Math.min(2 + tries, 50));
    }
  }
}

/** Waits for all, then throws the first failure: nothing of a transaction may still be under way afterwards. */
async function settled(promises: (Promise<unknown> | undefined)[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
