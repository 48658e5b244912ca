import { type FetchedRecord, recordValue } from '../../../shared/clients/kafka-protocol/records.ts';
import { passesFilter } from '../functions/filter.ts';
import type { Subscription } from '../functions/subscription.ts';
import type { Taken } from '../kafka/feed.ts';
import { cutOut, type DeadRecord, type Step } from './pieces.ts';

/** What is buffered of a partition. */
export interface Buffered {
  count: number;
  bytes: number;
  /** When the oldest came in, milliseconds; undefined when nothing is buffered. */
  oldestArrivalMs: number | undefined;
}

/**
 * Whether a piece is to be formed now (0), or after how many milliseconds if nothing more comes (undefined:
 * there is nothing to wait for).
 *
 * @param restsUntilMs before then only a full piece is formed.
 */
export function msUntilPiece(
  buffered: Buffered,
  { batchSize, batchBytes, batchWindowMs }: Pick<Subscription, 'batchSize' | 'batchBytes' | 'batchWindowMs'>,
  restsUntilMs: number,
  nowMs: number,
): number | undefined {
  if (buffered.count === 0 || buffered.oldestArrivalMs === undefined) return undefined;
  if (buffered.count >= batchSize || buffered.bytes >= batchBytes) return 0;
  return Math.max(0, Math.max(buffered.oldestArrivalMs + batchWindowMs, restsUntilMs) - nowMs);
}

/** The steps for what was taken: without records that are too old (dead letters) or filtered away. */
export function stepsOf(
  taken: Taken,
  first: number,
  { maxRecordAgeMs, filter }: Pick<Subscription, 'maxRecordAgeMs' | 'filter'>,
  nowMs: number,
): { steps: Step[]; filtered: number } {
  let records: readonly FetchedRecord[] = taken.records;
  let filtered = 0;
  if (filter !== undefined) {
    records = records.filter((record) => passesFilter(recordValue(record), filter));
    filtered = taken.records.length - records.length;
  }
  const piece = { first, end: taken.end, records };
  if (maxRecordAgeMs === undefined) return { steps: [{ send: piece }], filtered };
  const expired: DeadRecord[] = records
    .filter((record) => nowMs - record.timestamp > maxRecordAgeMs)
    .map((record) => ({
      record,
      cause: 'expired',
      reason: `older than ${maxRecordAgeMs} ms when it was to be delivered`,
      attempts: 0,
    }));
  return { steps: expired.length === 0 ? [{ send: piece }] : cutOut(piece, expired), filtered };
}
