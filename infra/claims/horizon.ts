import type { Cluster } from '../../shared/clients/kafka-protocol/cluster.ts';
import { committedRecords } from '../../shared/clients/kafka-protocol/committed-records.ts';
import { fetchOnce } from '../../shared/clients/kafka-protocol/fetch-api.ts';
import { bounds } from '../../shared/clients/kafka-protocol/read-log.ts';
import { currentPositions } from '../connector/delivery/start.ts';

/** The consumer group of `transform` in stack.yml. */
export const transformGroup = 'transform';

/** How long a claim holds, in record time. */
export const keptMs = 24 * 3_600_000;

/**
 * The record time that every partition has been read to. Each is asked for the time of the first record that it has
 * still to read; one without such a record holds nothing back, so that an idle partition does not, and one with a
 * backlog does, whether the keeper has heard of it or not.
 *
 * @param waiting that time of each partition that has a backlog, milliseconds since 1970.
 * @param newestMs what all have been read to when none has.
 */
export function horizonOf(waiting: readonly number[], newestMs: number): number {
  return waiting.length === 0 ? newestMs : Math.min(...waiting);
}

/**
 * Record times, milliseconds since 1970, of the first record of each partition of the topic that the group has not
 * acknowledged. Undefined when there is no such topic.
 */
export async function readWaiting(cluster: Cluster, topicName: string): Promise<number[] | undefined> {
  const topic = (await cluster.readTopics([topicName])).get(topicName);
  if (topic === undefined) return undefined;
  const { start, end } = await bounds(cluster, topicName);
  const positions = await currentPositions(cluster, {
    groupId: transformGroup,
    topic,
    partitions: [...end.keys()],
    lane: 'claims',
  });
  const waiting: number[] = [];
  for (const [partition, to] of end) {
    const first = start.get(partition) ?? 0;
    const from = Math.max(first, positions.get(partition)?.offset ?? first);
    const time = await firstRecordMs(cluster, topicName, { partition, from, to });
    if (time !== undefined) waiting.push(time);
  }
  return waiting;
}

/** Undefined when nothing but markers and aborted records lies between. */
async function firstRecordMs(
  cluster: Cluster,
  topicName: string,
  { partition, from, to }: { partition: number; from: number; to: number },
): Promise<number | undefined> {
  for (let offset = from; offset < to; ) {
    const topic = await cluster.topic(topicName);
    if (topic === undefined) return undefined;
    const connection = await cluster.connection(cluster.leaderOf(topic, partition), 'claims');
    const [answer] = await fetchOnce(connection, {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 1_048_576,
      targets: [
        {
          topicUuid: topic.uuid,
          partition,
          leaderEpoch: topic.partitions[partition]?.leaderEpoch ?? -1,
          offset,
          maxBytes: 1_048_576,
        },
      ],
    });
    if (!answer || answer.error !== undefined) {
      cluster.forgetTopics([topicName]);
      throw new Error(
        `${topicName}-${partition} cannot be read at ${offset}: ${answer?.error ?? 'no answer'}`,
      );
    }
    const { records, nextOffset } = committedRecords(answer, offset);
    const [first] = records;
    if (first !== undefined) return first.offset < to ? first.timestamp : undefined;
    if (nextOffset === offset) return undefined;
    offset = nextOffset;
  }
  return undefined;
}
