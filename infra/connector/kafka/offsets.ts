import { setTimeout as delay } from 'node:timers/promises';
import { listOffsetsV7, offsetCommitV8, offsetFetchV8 } from '@platformatic/kafka';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import type { Cluster } from './cluster.ts';
import { kafkaErrorId, PositionWriteError, staleMetadataErrors } from './errors.ts';
import type { Membership } from './group-member.ts';

type ListOffsetsResponse = listOffsetsV7.ListOffsetsResponse;

/** A committed position and the text committed with it. */
export interface Position {
  offset: number;
  metadata: string;
}

export interface PositionToWrite extends Position {
  topic: string;
  partition: number;
}

/**
 * Reads committed positions. `stable` waits until no transaction on them is open: what it answers is final then,
 * once the predecessor has been fenced. Partitions without a position are absent.
 */
export async function readPositions(
  cluster: Cluster,
  {
    groupId,
    topic,
    partitions,
    stable,
    lane,
  }: { groupId: string; topic: string; partitions: number[]; stable: boolean; lane: string },
): Promise<Map<number, Position>> {
  for (let tries = 0; ; tries++) {
    try {
      const answer = await cluster.callCoordinator(
        'group',
        groupId,
        lane,
        offsetFetchV8.api,
        [{ groupId, memberEpoch: -1, topics: [{ name: topic, partitionIndexes: partitions }] }],
        stable,
      );
      const found = new Map<number, Position>();
      for (const each of answer.groups[0]?.topics[0]?.partitions ?? []) {
        if (each.committedOffset < 0n) continue;
        found.set(each.partitionIndex, {
          offset: Number(each.committedOffset),
          metadata: each.metadata ?? '',
        });
      }
      return found;
    } catch (error) {
      // A predecessor's transaction is being completed; its timeout bounds this.
      if (kafkaErrorId(error) !== 'UNSTABLE_OFFSET_COMMIT' || tries > 2000) throw error;
      await delay(Math.min(5 + tries, 50));
    }
  }
}

/**
 * Commits positions in one request, as the given member in the given generation.
 * @throws PositionWriteError
 */
export async function commitPositions(
  cluster: Cluster,
  { membership, lane, positions }: { membership: Membership; lane: string; positions: PositionToWrite[] },
): Promise<void> {
  const byTopic = Map.groupBy(positions, ({ topic }) => topic);
  try {
    await cluster.callCoordinator(
      'group',
      membership.groupId,
      lane,
      offsetCommitV8.api,
      membership.groupId,
      membership.generation,
      membership.memberId,
      membership.instanceId,
      [...byTopic].map(([name, each]) => ({
        name,
        partitions: each.map((p) => ({
          partitionIndex: p.partition,
          committedOffset: BigInt(p.offset),
          committedLeaderEpoch: -1,
          committedMetadata: p.metadata,
        })),
      })),
    );
  } catch (error) {
    throw new PositionWriteError(
      `Committing for group ${membership.groupId} failed: ${kafkaErrorId(error) ?? messageOf(error)}`,
      { cause: error, mayLandLate: kafkaErrorId(error) === undefined },
    );
  }
}

/** Where in a partition: its first offset, its read-committed end, or the first record at or after a time. */
export type OffsetSpec = 'earliest' | 'latest' | number;

/** Offsets of several partitions of a topic; a time after the last record is the end. */
export async function listOffsets(
  cluster: Cluster,
  { topic, partitions, at, lane }: { topic: string; partitions: number[]; at: OffsetSpec; lane: string },
): Promise<Map<number, number>> {
  const timestamp = at === 'earliest' ? -2n : at === 'latest' ? -1n : BigInt(at);
  const found = new Map<number, number>();
  const open = new Set(partitions);
  for (let tries = 0; open.size > 0; tries++) {
    const known = await cluster.topic(topic);
    if (!known) throw new PipelineError('NO_TOPIC', `Topic ${topic} does not exist`, { retriable: true });
    const byLeader = Map.groupBy(open, (p) => known.partitions[p]?.leader ?? -1);
    for (const ofLeader of byLeader.values()) {
      const answer = await askLeader(cluster, known.name, ofLeader, timestamp, lane);
      for (const each of answer.topics[0]?.partitions ?? []) {
        if (each.errorCode !== 0) continue;
        found.set(each.partitionIndex, Number(each.offset));
        open.delete(each.partitionIndex);
      }
    }
    if (open.size === 0) break;
    cluster.forgetTopics([topic]);
    if (tries >= 50) throw new PipelineError('NO_OFFSETS', `No offsets for ${topic} partitions ${[...open]}`);
    await delay(100);
  }
  const after = [...found].filter(([, offset]) => offset < 0).map(([partition]) => partition);
  if (after.length > 0) {
    const ends = await listOffsets(cluster, { topic, partitions: after, at: 'latest', lane });
    for (const [partition, end] of ends) found.set(partition, end);
  }
  return found;
}

async function askLeader(
  cluster: Cluster,
  topic: string,
  partitions: number[],
  timestamp: bigint,
  lane: string,
): Promise<ListOffsetsResponse> {
  const known = await cluster.topic(topic);
  try {
    if (!known) throw new PipelineError('NO_TOPIC', `Topic ${topic} does not exist`);
    return await cluster.call(
      cluster.leaderOf(known, partitions[0] as number),
      lane,
      listOffsetsV7.api,
      -1,
      1,
      [
        {
          name: topic,
          partitions: partitions.map((partitionIndex) => ({
            partitionIndex,
            currentLeaderEpoch: -1,
            timestamp,
          })),
        },
      ],
    );
  } catch (error) {
    const response = (error as { response?: ListOffsetsResponse }).response;
    const id = kafkaErrorId(error);
    // Some partitions may have answered although others have moved.
    if (response?.topics && id !== undefined && staleMetadataErrors.has(id)) return response;
    if ((error as PipelineError).code === 'NO_LEADER') return { throttleTimeMs: 0, topics: [] };
    throw error;
  }
}
