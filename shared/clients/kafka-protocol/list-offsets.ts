import { setTimeout as delay } from 'node:timers/promises';
import { listOffsetsV7 } from '@platformatic/kafka';
import { PipelineError } from '../../errors/index.ts';
import type { Cluster } from './cluster.ts';
import { kafkaErrorId, staleMetadataErrors } from './errors.ts';

type ListOffsetsResponse = listOffsetsV7.ListOffsetsResponse;

/**
 * Where in a partition: its first offset, its read-committed end, the end of everything that all replicas have
 * (open transactions included), or the first record at or after a time, milliseconds since 1970.
 */
export type OffsetSpec = 'earliest' | 'latest' | 'high-watermark' | number;

const TRIES = 50;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;

interface Question {
  topic: string;
  partitions: number[];
  at: OffsetSpec;
  lane: string;
}

/** Offsets of several partitions of a topic; for a time after the last record the end. */
export async function listOffsets(cluster: Cluster, question: Question): Promise<Map<number, number>> {
  const { topic } = question;
  const found = new Map<number, number>();
  const open = new Set(question.partitions);
  for (let tries = 1; open.size > 0; tries++) {
    const known = await cluster.topic(topic);
    if (!known) throw new PipelineError('NO_TOPIC', `Topic ${topic} does not exist`, { retriable: true });
    const byLeader = Map.groupBy(open, (partition) => known.partitions[partition]?.leader ?? -1);
    for (const partitions of byLeader.values()) {
      const answer = await askLeader(cluster, { ...question, partitions });
      for (const each of answer.topics[0]?.partitions ?? []) {
        if (each.errorCode !== 0) continue;
        found.set(each.partitionIndex, Number(each.offset));
        open.delete(each.partitionIndex);
      }
    }
    if (open.size === 0) break;
    cluster.forgetTopics([topic]);
    if (tries === TRIES)
      throw new PipelineError('NO_OFFSETS', `No offsets of ${topic}, partitions ${[...open]}`);
    await delay(100);
  }
  const beyond = [...found].filter(([, offset]) => offset < 0).map(([partition]) => partition);
  if (beyond.length > 0) {
    const ends = await listOffsets(cluster, { ...question, partitions: beyond, at: 'latest' });
    for (const [partition, end] of ends) found.set(partition, end);
  }
  return found;
}

async function askLeader(
  cluster: Cluster,
  { topic, partitions, at, lane }: Question,
): Promise<ListOffsetsResponse> {
  const timestamp = typeof at === 'number' ? BigInt(at) : at === 'earliest' ? -2n : -1n;
  const isolation = at === 'high-watermark' ? READ_UNCOMMITTED : READ_COMMITTED;
  const asked = partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp }));
  try {
    const known = await cluster.topic(topic);
    if (!known) throw new PipelineError('NO_TOPIC', `Topic ${topic} does not exist`, { retriable: true });
    const leader = cluster.leaderOf(known, partitions[0] as number);
    return await cluster.call(leader, lane, listOffsetsV7.api, -1, isolation, [
      { name: topic, partitions: asked },
    ]);
  } catch (error) {
    const response = (error as { response?: ListOffsetsResponse }).response;
    const id = kafkaErrorId(error);
    // Some partitions may have answered although others have moved.
    if (response?.topics && id !== undefined && staleMetadataErrors.has(id)) return response;
    if ((error as PipelineError).code === 'NO_LEADER') return { throttleTimeMs: 0, topics: [] };
    throw error;
  }
}
