import { headersOf, readRecordList } from '../clients/kafka-protocol/record-list.ts';
import { type FetchedRecord, recordKey, recordValue } from '../clients/kafka-protocol/records.ts';
import type { Base64OrBytes, BatchEvent, BatchRecord } from './types.ts';

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

/**
 * The batch that a request in this form carries.
 *
 * @throws Error when the body is not in this form.
 */
export function compactEvent(body: Buffer): BatchEvent<Base64OrBytes> {
  const { head, records } = decodeCompact<CompactRequestHead>(body);
  const { eventSource, bootstrapServers, topic, partition } = head;
  const batch = records.map((record) => new CompactRecord(record, head));
  return { eventSource, bootstrapServers, records: { [`${topic}-${partition}`]: batch } };
}

const noHeaders: Record<string, number[]>[] = [];

/** A record of the compact form; what a handler does not ask for is not made. */
class CompactRecord implements BatchRecord<Base64OrBytes> {
  readonly topic: string;
  readonly partition: number;
  readonly timestampType: BatchRecord['timestampType'];
  readonly #record: FetchedRecord;

  constructor(
    record: FetchedRecord,
    { topic, partition, timestampType }: Pick<BatchRecord, 'topic' | 'partition' | 'timestampType'>,
  ) {
    this.topic = topic;
    this.partition = partition;
    this.timestampType = timestampType;
    this.#record = record;
  }

  get offset(): number {
    return this.#record.offset;
  }

  get timestamp(): number {
    return this.#record.timestamp;
  }

  get key(): Buffer | undefined {
    return recordKey(this.#record) ?? undefined;
  }

  get value(): Buffer | undefined {
    return recordValue(this.#record) ?? undefined;
  }

  get headers(): Record<string, number[]>[] {
    if (this.#record.headerCount === 0) return noHeaders;
    return headersOf(this.#record).map(([name, bytes]) => ({ [name.toString('utf8')]: [...(bytes ?? [])] }));
  }
}
