import type { FetchedRecord } from '../../shared/clients/kafka-protocol/records.ts';
import { eventMinute } from './event-minute.ts';

/** Offsets in a segment of the ledger. */
export const segmentSize = 10_000;

/** How many events of one minute, and the sum of their offsets: one lost and another doubled still shows. */
export interface MinuteCount {
  events: number;
  offsetSum: number;
}

/** What one segment of one partition holds, as far as it was read. */
export interface Segment {
  partition: number;
  /** A multiple of 10,000, or above one where the log began later. */
  firstOffset: number;
  /** Everything below is counted. */
  endOffset: number;
  minutes: Map<number, MinuteCount>;
}

export function emptySegment(partition: number, firstOffset: number): Segment {
  return { partition, firstOffset, endOffset: firstOffset, minutes: new Map() };
}

/** The first offset that belongs to the next segment. */
export function segmentEnd({ firstOffset }: Pick<Segment, 'firstOffset'>): number {
  return (Math.floor(firstOffset / segmentSize) + 1) * segmentSize;
}

/**
 * The segment that an offset lies in. A segment left behind is whole and goes to `done`; offsets without any
 * record between the two belong to the first, so that the ledger has no gaps.
 */
export function segmentAt(segment: Segment, offset: number, done: Segment[]): Segment {
  if (offset < segmentEnd(segment)) return segment;
  const next = emptySegment(segment.partition, offset - (offset % segmentSize));
  segment.endOffset = next.firstOffset;
  done.push(segment);
  return next;
}

/** Counts a record in. A value that is no clean event is in no store and so not in the ledger either. */
export function countIn(segment: Segment, record: FetchedRecord): void {
  const { bytes, valueStart, valueEnd } = record;
  const minute = valueStart < 0 ? undefined : eventMinute(bytes, valueStart, valueEnd);
  segment.endOffset = record.offset + 1;
  if (minute === undefined) return;
  const count = segment.minutes.get(minute);
  if (count === undefined) segment.minutes.set(minute, { events: 1, offsetSum: record.offset });
  else {
    count.events++;
    count.offsetSum += record.offset;
  }
}
