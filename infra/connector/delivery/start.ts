import type { Cluster, Topic } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { listOffsets } from '../../../shared/clients/kafka-protocol/list-offsets.ts';
import {
  commitPositions,
  type Position,
  readPositions,
} from '../../../shared/clients/kafka-protocol/offsets.ts';
import type { PositionLog } from '../../../shared/clients/kafka-protocol/position-log.ts';
import type { Logger } from '../../../shared/log/index.ts';
import type { Subscription } from '../functions/subscription.ts';
import type { Membership } from '../kafka/group-member.ts';
import { decodeNote, encodeNote } from './declaration.ts';

/**
 * Positions of a group in a topic as it exists now, as its coordinator knows them: to watch, not to begin from.
 */
export async function currentPositions(
  cluster: Cluster,
  options: { groupId: string; topic: Topic; partitions: number[]; lane: string },
): Promise<Map<number, Position>> {
  const { topic } = options;
  return ofTopic(topic, await readPositions(cluster, { ...options, topic: topic.name, stable: false }));
}

/**
 * The same from Kafka's log of them: to begin from.
 *
 * @param stable wait until no transaction on these partitions is open. Only for a partition whose predecessor
 * has been fenced: another's open transaction may last until it times out.
 */
export async function loggedPositions(
  log: PositionLog,
  { topic, partitions, stable }: { topic: Topic; partitions: number[]; stable: boolean },
): Promise<Map<number, Position>> {
  return ofTopic(topic, await log.read({ topic: topic.name, partitions, stable }));
}

/** Positions that were written for an earlier topic of the same name count for nothing. */
function ofTopic(topic: Topic, positions: Map<number, Position>): Map<number, Position> {
  for (const [partition, { metadata }] of positions) {
    const note = decodeNote(metadata);
    if (note !== undefined && note.topicId !== topic.id) positions.delete(partition);
  }
  return positions;
}

/**
 * Decides, once per group and topic, where the group begins, and commits that for every partition in one
 * request. Only the leader of the group does this, so that it happens once; the others wait for it.
 */
export async function resolveStart(
  cluster: Cluster,
  {
    membership,
    positionLog,
    subscription,
    topic,
    lane,
    log,
  }: {
    membership: Membership;
    positionLog: PositionLog;
    subscription: Subscription;
    topic: Topic;
    lane: string;
    log: Logger;
  },
): Promise<void> {
  const partitions = allPartitions(topic);
  const positions = await loggedPositions(positionLog, { topic, partitions, stable: false });
  if (positions.size > 0) return;
  const at = topic.name === subscription.retryTopic ? 'earliest' : subscription.start;
  const offsets = await listOffsets(cluster, { topic: topic.name, partitions, at, lane });
  await commitPositions(cluster, {
    writer: membership,
    lane,
    positions: partitions.map((partition) => ({
      topic: topic.name,
      partition,
      offset: offsets.get(partition) ?? 0,
      metadata: encodeNote({ topicId: topic.id }),
    })),
  });
  log.info({ group: membership.groupId, topic: topic.name, start: at }, 'the group begins this topic');
}

export function allPartitions(topic: Topic): number[] {
  return topic.partitions.map((_, partition) => partition);
}
