import type { BatchRecord } from './types.ts';

/**
 * Where a record was first read. A redriven record carries these headers, and everything that must not change
 * when a record is delivered again (derived ids and times, stored source fields, the key of a dead letter) uses
 * its origin and not the place it was read from this time.
 */
export interface Origin {
  topic: string;
  topicId: string;
  partition: number;
  offset: number;
  /** Milliseconds since 1970: the original record's Kafka time. */
  timestamp: number;
}

export const originHeaders = {
  topic: 'origin-topic',
  topicId: 'origin-topic-id',
  partition: 'origin-partition',
  offset: 'origin-offset',
  timestamp: 'origin-timestamp',
} as const;

/**
 * The origin of a record in a batch; `topicId` is that of the batch it came in (from `X-Batch-Id`).
 * Headers count only when all are there and well formed.
 */
export function originOf(record: BatchRecord, topicId: string): Origin {
  const own: Origin = {
    topic: record.topic,
    topicId,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
  };
  if (record.headers.length === 0) return own;
  return originFromHeaders((name) => lastHeader(record, name)) ?? own;
}

/** The origin that headers name, or undefined when they do not name one completely. */
export function originFromHeaders(header: (name: string) => string | undefined): Origin | undefined {
  const topic = header(originHeaders.topic);
  const topicId = header(originHeaders.topicId);
  const partition = wholeNumber(header(originHeaders.partition));
  const offset = wholeNumber(header(originHeaders.offset));
  const timestamp = wholeNumber(header(originHeaders.timestamp));
  if (!topic || !topicId || partition === undefined || offset === undefined || timestamp === undefined) {
    return undefined;
  }
  return { topic, topicId, partition, offset, timestamp };
}

function lastHeader(record: BatchRecord, name: string): string | undefined {
  let found: string | undefined;
  for (const header of record.headers) {
    const bytes = header[name];
    if (bytes !== undefined) found = Buffer.from(bytes).toString('utf8');
  }
  return found;
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,16}$/.test(text)) return undefined;
  return Number(text);
}
