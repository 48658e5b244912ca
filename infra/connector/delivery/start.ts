import type { Logger } from '../../../shared/log/index.ts';
import type { Subscription } from '../functions/subscription.ts';
import type { Cluster, Topic } from '../kafka/cluster.ts';
import type { Membership } from '../kafka/group-member.ts';
import { commitPositions, listOffsets, type Position, readPositions } from '../kafka/offsets.ts';
import { decodeNote, encodeNote } from './declaration.ts';

/**
 * Positions of a group in a topic as it exists now: those that were written for an earlier topic of the same
 * name count for nothing.
 */
export async function currentPositions(
  cluster: Cluster,
  { groupId, topic, lane }: { groupId: string; topic: Topic; lane: string },
): Promise<Map<number, Position>> {
  const partitions = topic.partitions.map((_, partition) => partition);
  const positions = await readPositions(cluster, { groupId, topic: topic.name, partitions, lane });
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
    subscription,
    topic,
    lane,
    log,
  }: { membership: Membership; subscription: Subscription; topic: Topic; lane: string; log: Logger },
): Promise<void> {
  const positions = await currentPositions(cluster, { groupId: membership.groupId, topic, lane });
  if (positions.size > 0) return;
  const partitions = topic.partitions.map((_, partition) => partition);
  const at = topic.name === subscription.retryTopic ? 'earliest' : subscription.start;
  const offsets = await listOffsets(cluster, { topic: topic.name, partitions, at, lane });
  await commitPositions(cluster, {
    membership,
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
