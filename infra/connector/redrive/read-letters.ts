import type { Cluster, Topic } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { committedRecords } from '../../../shared/clients/kafka-protocol/committed-records.ts';
import { fetchOnce } from '../../../shared/clients/kafka-protocol/fetch-api.ts';
import { listOffsets } from '../../../shared/clients/kafka-protocol/list-offsets.ts';
import { type FetchedRecord, recordKey } from '../../../shared/clients/kafka-protocol/records.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { allPartitions } from '../delivery/start.ts';
import { type Letter, readLetter } from './letter.ts';

const LANE = 'redrive/read';
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads every dead letter that is open. The high watermarks are taken first and the topic is read committed until
 * beyond them: while a transaction is open, committed tombstones hide behind it, and reading stops short of them.
 *
 * @throws PipelineError `REDRIVE_TIMEOUT` when a transaction stays open for longer than `timeoutMs`.
 */
export async function readLetters(
  cluster: Cluster,
  deadLetterTopic: string,
  timeoutMs = 90_000,
): Promise<Map<string, Letter>> {
  const letters = new Map<string, Letter>();
  const topic = await existing(cluster, deadLetterTopic);
  await forEachRecord(cluster, topic, timeoutMs, (record, partition) => {
    const key = recordKey(record)?.toString();
    if (key === undefined) return;
    // A key lies in one partition, so what comes later is newer.
    const letter = record.valueStart < 0 ? undefined : readLetter(record, partition);
    if (letter) letters.set(key, letter);
    else letters.delete(key);
  });
  return letters;
}

/** Reads the selected letters again, with their values, `batch` at a time. */
export async function forEachLetter(
  cluster: Cluster,
  deadLetterTopic: string,
  selected: readonly Letter[],
  batch: number,
  handle: (found: { letter: Letter; record: FetchedRecord }[]) => Promise<void>,
): Promise<void> {
  const byPlace = new Map(selected.map((letter) => [`${letter.at.partition}/${letter.at.offset}`, letter]));
  const topic = await existing(cluster, deadLetterTopic);
  let found: { letter: Letter; record: FetchedRecord }[] = [];
  const ranges = new Map<number, { first: number; end: number }>();
  for (const { at } of selected) {
    const { first, end } = ranges.get(at.partition) ?? { first: at.offset, end: 0 };
    ranges.set(at.partition, { first: Math.min(first, at.offset), end: Math.max(end, at.offset + 1) });
  }
  for (const [partition, { first, end }] of ranges) {
    await readPartition(
      cluster,
      topic,
      { partition, from: first, end, deadline: Date.now() + 90_000 },
      async (record) => {
        const letter = byPlace.get(`${partition}/${record.offset}`);
        if (!letter) return;
        found.push({ letter, record });
        if (found.length < batch) return;
        const full = found;
        found = [];
        await handle(full);
      },
    );
  }
  if (found.length > 0) await handle(found);
}

async function existing(cluster: Cluster, name: string): Promise<Topic> {
  const topic = (await cluster.readTopics([name])).get(name);
  if (!topic) throw new PipelineError('NO_TOPIC', `The dead-letter topic ${name} does not exist`);
  return topic;
}

async function forEachRecord(
  cluster: Cluster,
  topic: Topic,
  timeoutMs: number,
  handle: (record: FetchedRecord, partition: number) => void,
): Promise<void> {
  const partitions = allPartitions(topic);
  const ends = await listOffsets(cluster, {
    topic: topic.name,
    partitions,
    at: 'high-watermark',
    lane: LANE,
  });
  const starts = await listOffsets(cluster, { topic: topic.name, partitions, at: 'earliest', lane: LANE });
  const deadline = Date.now() + timeoutMs;
  for (const partition of partitions) {
    const range = { partition, from: starts.get(partition) ?? 0, end: ends.get(partition) ?? 0, deadline };
    await readPartition(cluster, topic, range, async (record) => handle(record, partition));
  }
}

async function readPartition(
  cluster: Cluster,
  topic: Topic,
  { partition, from, end, deadline }: { partition: number; from: number; end: number; deadline: number },
  handle: (record: FetchedRecord) => Promise<void>,
): Promise<void> {
  let offset = from;
  while (offset < end) {
    const connection = await cluster.connection(cluster.leaderOf(topic, partition), LANE);
    const [answer] = await fetchOnce(connection, {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: MAX_BYTES,
      targets: [{ topicUuid: topic.uuid, partition, leaderEpoch: -1, offset, maxBytes: MAX_BYTES }],
    });
    if (!answer || answer.error !== undefined) {
      throw new PipelineError('REDRIVE_READ', `${topic.name}-${partition} cannot be read: ${answer?.error}`, {
        retriable: true,
      });
    }
    const { records, nextOffset } = committedRecords(answer, offset);
    for (const record of records) await handle(record);
    if (nextOffset === offset && Date.now() > deadline) {
      throw new PipelineError(
        'REDRIVE_TIMEOUT',
        `${topic.name}-${partition} has had an open transaction at offset ${offset} for long; try again later`,
        { retriable: true },
      );
    }
    offset = nextOffset;
  }
}
