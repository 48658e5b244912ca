import { setTimeout as delay } from 'node:timers/promises';
import { listOffsets } from '../../../shared/clients/kafka-protocol/list-offsets.ts';
import { commitPositions } from '../../../shared/clients/kafka-protocol/offsets.ts';
import {
  createTransactionalProducer,
  type TransactionalProducer,
} from '../../../shared/clients/kafka-protocol/transaction.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { StoppedError, type WorkerContext } from './context.ts';
import { type Declaration, decodeNote, encodeNote } from './declaration.ts';
import { allPartitions, loggedPositions } from './start.ts';

/** What one takeover holds. Positions are written through this producer or with this membership, or not at all. */
export interface Ownership {
  producer: TransactionalProducer;
  /** The position as the broker has it. */
  committed: number;
  /** Where delivery begins: the same, or the first record that retention has left. */
  position: number;
  /** A range that the previous owner declared and perhaps sent: it must be sent again, exactly so. */
  declaration: Declaration | undefined;
}

/** The transactional id of whoever owns a partition: to initialise a producer with it fences that owner. */
export const transactionalIdOf = (groupId: string, topic: string, partition: number): string =>
  `connector/${groupId}/${topic}/${partition}`;

/**
 * Takes a partition over, in this order: confirm membership by a heartbeat that is really sent; initialise a
 * new transactional producer, which fences the predecessor and ends its open transaction; only then read
 * position and declaration where they are written, which are final now; seek there, dropping everything fetched before.
 *
 * @throws NotMemberError when the partition is no longer ours; nothing must be built anew then.
 */
export async function takeOver(context: WorkerContext, signal: AbortSignal): Promise<Ownership> {
  const { cluster, membership, topic, partition, lane, feed } = context;
  feed.pause();
  await membership.confirm();
  stopIf(signal);
  const producer = await createTransactionalProducer({
    cluster,
    transactionalId: transactionalIdOf(membership.groupId, topic.name, partition),
    lane,
  });
  stopIf(signal);
  context.log.debug({ topic: topic.name, partition }, 'predecessor fenced');
  const { offset, declaration } = await ownPosition(context, signal);
  const earliest = await listOffsets(cluster, {
    topic: topic.name,
    partitions: [partition],
    at: 'earliest',
    lane,
  });
  stopIf(signal);
  const logStart = earliest.get(partition) ?? 0;
  const lost = logStart - offset;
  if (lost > 0) reportLost(context, offset, logStart);
  context.metrics.takeovers.inc({ function: context.subscription.functionName });
  feed.seek(Math.max(offset, logStart));
  context.log.debug({ topic: topic.name, partition, offset, declaration }, 'partition taken over');
  // A declared range keeps its name as long as anything of it is left.
  if (declaration !== undefined && declaration.end > logStart) {
    return { producer, committed: offset, position: offset, declaration };
  }
  return { producer, committed: offset, position: Math.max(offset, logStart), declaration: undefined };
}

async function ownPosition(
  context: WorkerContext,
  signal: AbortSignal,
): Promise<{ offset: number; declaration: Declaration | undefined }> {
  const { positionLog, membership, topic, partition } = context;
  const read = (partitions: number[], stable: boolean) =>
    loggedPositions(positionLog, { topic, partitions, stable });
  for (;;) {
    const own = (await read([partition], true)).get(partition);
    stopIf(signal);
    if (own !== undefined) {
      return { offset: own.offset, declaration: decodeNote(own.metadata)?.declaration };
    }
    const others = await read(allPartitions(topic), false);
    stopIf(signal);
    if (others.size > 0) return { offset: await beginLater(context), declaration: undefined };
    // The leader of the group is resolving the start for all partitions.
    await delay(100, undefined, { signal }).catch(() => {});
    stopIf(signal);
    await membership.confirm();
  }
}

/** A partition that was added to a topic the group already reads starts at its first offset. */
async function beginLater({ cluster, membership, topic, partition, lane }: WorkerContext): Promise<number> {
  const found = await listOffsets(cluster, {
    topic: topic.name,
    partitions: [partition],
    at: 'earliest',
    lane,
  });
  const offset = found.get(partition);
  if (offset === undefined)
    throw new PipelineError('NO_OFFSETS', `No first offset of ${topic.name}-${partition}`);
  const metadata = encodeNote({ topicId: topic.id });
  await commitPositions(cluster, {
    writer: membership,
    lane,
    positions: [{ topic: topic.name, partition, offset, metadata }],
  });
  return offset;
}

function reportLost(context: WorkerContext, from: number, to: number): void {
  const { subscription, topic, partition, metrics, log } = context;
  const lost = to - from;
  log.error(
    { topic: topic.name, partition, from, to, lost },
    'records were deleted by retention before they were delivered; the position moves to the first that is left',
  );
  metrics.records.inc({ function: subscription.functionName, outcome: 'lost' }, lost);
}

function stopIf(signal: AbortSignal): void {
  if (signal.aborted) throw new StoppedError();
}
