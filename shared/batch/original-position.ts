import type { Base64OrBytes, BatchInfo, BatchRecord } from './types.ts';

/**
 * A redriven record carries where and when it first stood. Ids derived from a position, times of receipt,
 * stored sources and the key of another dead letter use these instead of the retry topic's.
 */
export const originalPositionHeaders = {
  topicId: 'x-original-topic-id',
  /** Decimal text. */
  partition: 'x-original-partition',
  /** Decimal text. */
  offset: 'x-original-offset',
  /** Milliseconds since 1970, decimal text. */
  timestamp: 'x-original-timestamp',
} as const;

export interface OriginalPosition {
  topicId: string;
  partition: number;
  offset: number;
  /** Kafka time of the record, milliseconds since 1970. */
  timestampMs: number;
}

/**
 * Where a record first stood: its headers when it was redriven, else its own place in the batch.
 * Without a batch id (a caller that knows none) the topic's name stands for its id.
 *
 * @throws Error when the headers of a redriven record are incomplete or malformed.
 */
export function originalPosition(
  record: BatchRecord<Base64OrBytes>,
  batch: BatchInfo | undefined,
): OriginalPosition {
  // Hardly any record has headers; this is on the path of every event.
  if (record.headers.length > 0) {
    const redriven = fromHeaders(record.headers);
    if (redriven !== undefined) return redriven;
  }
  return {
    topicId: batch === undefined ? record.topic : batch.topicId,
    partition: record.partition,
    offset: record.offset,
    timestampMs: record.timestamp,
  };
}

function fromHeaders(headers: BatchRecord<Base64OrBytes>['headers']): OriginalPosition | undefined {
  const topicId = headerText(headers, originalPositionHeaders.topicId);
  if (topicId === undefined) return undefined;
  return {
    topicId,
    partition: wholeNumber(headers, originalPositionHeaders.partition, mostPartition),
    offset: wholeNumber(headers, originalPositionHeaders.offset),
    timestampMs: wholeNumber(headers, originalPositionHeaders.timestamp),
  };
}

/** The last value of a header as text, undefined when there is none. */
export function headerText(headers: BatchRecord<Base64OrBytes>['headers'], name: string): string | undefined {
  for (let i = headers.length - 1; i >= 0; i--) {
    const bytes = headers[i]?.[name];
    if (bytes !== undefined) return Buffer.from(bytes).toString('utf8');
  }
  return undefined;
}

/** Kafka's own bound: 32 bits with a sign. */
const mostPartition = 2 ** 31 - 1;

function wholeNumber(
  headers: BatchRecord<Base64OrBytes>['headers'],
  name: string,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const text = headerText(headers, name) ?? '';
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value > most)
    throw new Error(`header ${name} of a redriven record must be a whole number`);
  return value;
}
