import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../shared/clients/clickhouse/index.ts';
import { dateTimeText } from '../../shared/events/time.ts';
import type { KafkaLog, Offsets } from './kafka/log.ts';
import { countIn, emptySegment, type Segment, segmentAt, segmentEnd } from './segment.ts';

/**
 * Kafka's ledger: how many events of each minute every partition of events_clean holds. Kept in ClickHouse by
 * segments of offsets, so that each record is read once and the counts outlive the records. A segment is written
 * again as it grows and the row that reaches further replaces the other, so two checks at once and a check that broke
 * off do no harm.
 */
export interface Ledger {
  /** Reads on to `until` in every partition and writes what was read. */
  advance(
    client: ClickHouseClient,
    topic: { topicId: string; start: Offsets; until: Offsets },
  ): Promise<void>;
}

export function createLedger({ log, topic }: { log: KafkaLog; topic: string }): Ledger {
  /** Segments that are being read, by partition; what is written down is read again only by a new process. */
  let open = new Map<number, Segment>();
  let knownTopicId: string | undefined;

  return {
    async advance(client, { topicId, start, until }) {
      if (knownTopicId !== topicId) open = new Map();
      const written = await lastWritten(client, topicId);
      knownTopicId = topicId;
      for (const [partition, end] of until) {
        await advancePartition(client, partition, {
          from: nextOffset(open.get(partition), written.get(partition), start.get(partition) ?? 0),
          end,
          topicId,
        });
      }
    },
  };

  async function advancePartition(
    client: ClickHouseClient,
    partition: number,
    { from, end, topicId }: { from: number; end: number; topicId: string },
  ): Promise<void> {
    let segment = open.get(partition);
    if (segment === undefined || segment.endOffset !== from) segment = emptySegment(partition, from);
    const done: Segment[] = [];
    for await (const records of log.read(topic, partition, from, end)) {
      for (const record of records) {
        segment = segmentAt(segment, record.offset, done);
        countIn(segment, record);
      }
      if (done.length >= 50) await write(client, done.splice(0), topicId);
    }
    segment = segmentAt(segment, end, done);
    segment.endOffset = Math.max(segment.endOffset, end);
    await write(client, [...done, segment], topicId);
    open.set(partition, segment);
  }

  async function write(
    client: ClickHouseClient,
    segments: readonly Segment[],
    topicId: string,
  ): Promise<void> {
    const values = segments
      .filter(({ firstOffset, endOffset }) => endOffset > firstOffset)
      .map((segment) => ({
        topic_id: topicId,
        source_partition: segment.partition,
        first_offset: segment.firstOffset,
        end_offset: segment.endOffset,
        minutes: [...segment.minutes.keys()].map((ms) => dateTimeText(ms).slice(0, 19)),
        counts: [...segment.minutes.values()].map(({ events }) => events),
        offset_sums: [...segment.minutes.values()].map(({ offsetSum }) => String(offsetSum)),
      }));
    if (values.length > 0) await client.insert({ table: 'check_ledger', format: 'JSONEachRow', values });
  }
}

/**
 * Where to read on: behind what this process has counted itself; else at the beginning of the segment that was
 * being written when another stopped, since its counts are in the table and not here. When the log has lost that
 * beginning, the written row stays and another begins.
 */
export function nextOffset(
  segment: Segment | undefined,
  written: Pick<Segment, 'firstOffset' | 'endOffset'> | undefined,
  start: number,
): number {
  if (segment !== undefined) return Math.max(segment.endOffset, start);
  if (written === undefined) return start;
  const whole = written.endOffset >= segmentEnd(written);
  return whole || start > written.firstOffset ? Math.max(written.endOffset, start) : written.firstOffset;
}

async function lastWritten(
  client: ClickHouseClient,
  topicId: string,
): Promise<Map<number, Pick<Segment, 'firstOffset' | 'endOffset'>>> {
  const found = await rows<{ partition: number; first: string; end: string }>(
    client,
    `SELECT source_partition AS partition, max(first_offset) AS first, argMax(end_offset, first_offset) AS end
     FROM check_ledger FINAL WHERE topic_id = {topic:String} GROUP BY source_partition`,
    { params: { topic: topicId } },
  );
  return new Map(
    found.map(({ partition, first, end }) => [
      partition,
      { firstOffset: Number(first), endOffset: Number(end) },
    ]),
  );
}
