import { readRecordList } from '../clients/kafka-protocol/record-list.ts';
import type { FetchedRecord } from '../clients/kafka-protocol/records.ts';

/**
 * Media type of a batch, and of its answer, whose keys and values travel as they are instead of as base64 within JSON.
 * A function that takes it says so in the `Accept` header of its answers (RFC 9110, 12.5.1); until then, and ever after
 * with functions that do not, the connector sends JSON.
 *
 * Four bytes, big-endian: length of the head; the head, JSON with `count`, `offset` and `timestamp`; `count` records as
 * they stand in Kafka's batches of format 2, their offsets and times relative to those of the head.
 */
export const compactType = 'application/vnd.event-pipeline.batch';

/** Of a request: the batch but for its records. */
export interface CompactRequestHead {
  eventSource: 'SelfManagedKafka';
  bootstrapServers: string;
  topic: string;
  partition: number;
  timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
}

/** Of an answer: the result but for its records, whose offsets are those of their sources. */
export interface CompactAnswerHead {
  batchItemFailures?: unknown;
}

/** What the records' own offsets and times are relative to, and how many there are. */
interface Stretch {
  count: number;
  offset: number;
  timestamp: number;
}

/**
 * @param records the largest size that they can have, and what writes them from a position on and returns the position
 *   after them.
 */
export function encodeCompact(
  head: object,
  stretch: Stretch,
  records: { room: number; write: (bytes: Buffer, at: number) => number },
): Buffer {
  const text = Buffer.from(JSON.stringify({ ...head, ...stretch }));
  const bytes = Buffer.allocUnsafe(4 + text.length + records.room);
  bytes.writeUInt32BE(text.length);
  text.copy(bytes, 4);
  return bytes.subarray(0, records.write(bytes, 4 + text.length));
}

/** @throws Error (RangeError, SyntaxError) when the body is not in this form. */
export function decodeCompact<Head>(body: Buffer): { head: Head; records: FetchedRecord[] } {
  const start = 4 + body.readUInt32BE(0);
  if (start > body.length) throw new RangeError('the head ends outside of the body');
  const head = JSON.parse(body.toString('utf8', 4, start)) as Head & Stretch;
  for (const field of ['count', 'offset', 'timestamp'] as const) {
    if (!Number.isSafeInteger(head?.[field])) throw new RangeError(`the head has no whole number ${field}`);
  }
  const records: FetchedRecord[] = [];
  const cursor = { bytes: body, at: start };
  const { count, offset, timestamp } = head;
  readRecordList(
    cursor,
    count,
    { offset, timestamp, logAppendTime: false },
    Number.NEGATIVE_INFINITY,
    records,
  );
  if (cursor.at !== body.length) throw new RangeError('bytes follow the last record');
  return { head, records };
}
