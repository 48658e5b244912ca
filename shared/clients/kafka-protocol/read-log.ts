import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../../errors/index.ts';
import type { Cluster } from './cluster.ts';
import { committedRecords } from './committed-records.ts';
import { fetchOnce } from './fetch-api.ts';
import { listOffsets } from './list-offsets.ts';
import type { FetchedRecord } from './records.ts';

const lane = 'read-log';

/** Offsets of a topic by partition. */
export type Offsets = ReadonlyMap<number, number>;

interface Handlers {
  onRecord: (partition: number, record: FetchedRecord) => void;
  afterPiece?: () => Promise<void>;
}

/** First offsets and read-committed ends of all partitions. @throws PipelineError `NO_TOPIC`. */
export async function bounds(cluster: Cluster, topic: string): Promise<{ start: Offsets; end: Offsets }> {
  cluster.forgetTopics([topic]);
  const known = await cluster.topic(topic);
  if (!known) throw new PipelineError('NO_TOPIC', `Topic ${topic} does not exist`, { retriable: true });
  const partitions = known.partitions.map((_, partition) => partition);
  const [start, end] = await Promise.all([
    listOffsets(cluster, { topic, partitions, at: 'earliest', lane }),
    listOffsets(cluster, { topic, partitions, at: 'latest', lane }),
  ]);
  return { start, end };
}

/**
 * Hands every committed record of [from, to) of each partition to `onRecord`, in order within a partition; waits for
 * `afterPiece` before more is fetched.
 */
export async function readLog(
  cluster: Cluster,
  {
    topic,
    from,
    to,
    ...handlers
  }: {
    topic: string;
    from: Offsets;
    to: Offsets;
  } & Handlers,
): Promise<void> {
  for (const [partition, end] of to) {
    await readPartition(cluster, { topic, partition, from: from.get(partition) ?? 0, end, ...handlers });
  }
}

async function readPartition(
  cluster: Cluster,
  {
    topic,
    partition,
    from,
    end,
    onRecord,
    afterPiece,
  }: {
    topic: string;
    partition: number;
    from: number;
    end: number;
  } & Handlers,
): Promise<void> {
  let offset = from;
  while (offset < end) {
    const known = await cluster.topic(topic);
    if (!known) throw new PipelineError('NO_TOPIC', `Topic ${topic} does not exist`);
    const connection = await cluster.connection(cluster.leaderOf(known, partition), lane);
    const [answer] = await fetchOnce(connection, {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 16_777_216,
      targets: [
        {
          topicUuid: known.uuid,
          partition,
          leaderEpoch: known.partitions[partition]?.leaderEpoch ?? -1,
          offset,
          maxBytes: 8_388_608,
        },
      ],
    });
    if (answer?.error === 'OFFSET_OUT_OF_RANGE') {
      throw new PipelineError(
        'RETENTION',
        `${topic}-${partition} no longer holds offset ${offset}: it was removed by age or size`,
      );
    }
    if (!answer || answer.error !== undefined) {
      cluster.forgetTopics([topic]);
      await delay(200);
      continue;
    }
    const { records, nextOffset } = committedRecords(answer, offset);
    for (const record of records) if (record.offset < end) onRecord(partition, record);
    await afterPiece?.();
    // An open transaction holds the end back for a moment.
    if (nextOffset === offset) await delay(50);
    offset = nextOffset;
  }
}
