import { PipelineError } from '../../errors/index.ts';
import type { Cluster, Topic } from './cluster.ts';
import { partitionOf } from './partition.ts';
import { recordSize } from './record-list.ts';
import type { NewRecord } from './records.ts';

export interface OutgoingRecord extends NewRecord {
  topic: string;
}

/** Records of one partition, in order, cut into pieces that a broker takes as one batch each. */
export interface Placed {
  topic: string;
  partition: number;
  chunks: NewRecord[][];
}

/** Brokers refuse batches above 1 MiB by default. */
const BATCH_BYTES = 900_000;

/** @throws PipelineError `NO_TOPIC` (retriable) when there is no topic of that name. */
export async function topicOf(cluster: Cluster, name: string): Promise<Topic> {
  const topic = await cluster.topic(name);
  if (!topic)
    throw new PipelineError('NO_TOPIC', `Topic ${name} does not exist; create it`, { retriable: true });
  return topic;
}

/** Chooses partitions (by key, else by that of the input) and cuts what is too large for one batch. */
export async function place(
  cluster: Cluster,
  records: readonly OutgoingRecord[],
  inputPartition: number,
): Promise<Placed[]> {
  const counts = new Map<string, number>();
  for (const name of new Set(records.map(({ topic }) => topic))) {
    counts.set(name, (await topicOf(cluster, name)).partitions.length);
  }
  const placed = new Map<string, Placed & { lastSize: number }>();
  for (const record of records) {
    const count = counts.get(record.topic) ?? 1;
    const partition = record.key === null ? inputPartition % count : partitionOf(record.key, count);
    const key = `${record.topic}/${partition}`;
    let entry = placed.get(key);
    if (!entry) {
      entry = { topic: record.topic, partition, chunks: [], lastSize: Number.POSITIVE_INFINITY };
      placed.set(key, entry);
    }
    const size = recordSize(record);
    if (entry.lastSize + size > BATCH_BYTES) {
      entry.chunks.push([]);
      entry.lastSize = 0;
    }
    entry.chunks.at(-1)?.push(record);
    entry.lastSize += size;
  }
  return [...placed.values()];
}
