import { PipelineError } from '../../errors/index.ts';
import type { Cluster, Topic } from './cluster.ts';
import { partitionOf, partitionOfBytes } from './partition.ts';
import { recordSize } from './record-list.ts';
import type { NewRecord, RecordCopy, WritableRecord } from './records.ts';

export interface OutgoingRecord extends NewRecord {
  topic: string;
}

export interface OutgoingCopy extends RecordCopy {
  topic: string;
}

export type Outgoing = OutgoingRecord | OutgoingCopy;

/** Records of one partition, in order, cut into pieces that a broker takes as one batch each. */
export interface Placed {
  topic: string;
  partition: number;
  chunks: WritableRecord[][];
}

/** `lastSize`: bytes of the last piece. */
type Filling = Placed & { lastSize: number };

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
  records: readonly Outgoing[],
  inputPartition: number,
): Promise<Placed[]> {
  const topics = new Map<string, { count: number; byPartition: (Filling | undefined)[] }>();
  for (const name of new Set(records.map(({ topic }) => topic))) {
    topics.set(name, { count: (await topicOf(cluster, name)).partitions.length, byPartition: [] });
  }
  const placed: Filling[] = [];
  for (const record of records) {
    const { count, byPartition } = topics.get(record.topic) as { count: number; byPartition: Filling[] };
    const partition = partitionFor(record, count) ?? inputPartition % count;
    let entry = byPartition[partition];
    if (!entry) {
      entry = { topic: record.topic, partition, chunks: [], lastSize: Number.POSITIVE_INFINITY };
      byPartition[partition] = entry;
      placed.push(entry);
    }
    const size = recordSize(record);
    if (entry.lastSize + size > BATCH_BYTES) {
      entry.chunks.push([]);
      entry.lastSize = 0;
    }
    entry.chunks.at(-1)?.push(record);
    entry.lastSize += size;
  }
  return placed;
}

/** Undefined without a key. */
function partitionFor(record: Outgoing, count: number): number | undefined {
  if (!('copied' in record)) return record.key === null ? undefined : partitionOf(record.key, count);
  const { bytes, keyStart, keyEnd } = record.copied;
  return keyStart < 0 ? undefined : partitionOfBytes(bytes, keyStart, keyEnd, count);
}
