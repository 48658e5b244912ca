import { setTimeout as delay } from 'node:timers/promises';
import { offsetCommitV8, offsetFetchV8 } from '@platformatic/kafka';
import { messageOf } from '../../errors/index.ts';
import type { Cluster } from './cluster.ts';
import { kafkaErrorId, PositionWriteError } from './errors.ts';

/**
 * Who writes a position. The broker refuses a member's late write of an earlier generation; it takes one of nobody
 * in particular (`generation` -1, no member) only while the group has no members.
 */
export interface PositionWriter {
  readonly groupId: string;
  readonly memberId: string;
  readonly generation: number;
  readonly instanceId: string | null;
}

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
  { writer, lane, positions }: { writer: PositionWriter; lane: string; positions: PositionToWrite[] },
): Promise<void> {
  const byTopic = Map.groupBy(positions, ({ topic }) => topic);
  try {
    await cluster.callCoordinator(
      'group',
      writer.groupId,
      lane,
      offsetCommitV8.api,
      writer.groupId,
      writer.generation,
      writer.memberId,
      writer.instanceId,
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
      `Committing for group ${writer.groupId} failed: ${kafkaErrorId(error) ?? messageOf(error)}`,
      { cause: error, mayLandLate: kafkaErrorId(error) === undefined },
    );
  }
}
