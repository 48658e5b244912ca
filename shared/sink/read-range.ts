import { originalPosition } from '../batch/original-position.ts';
import {
  type Base64OrBytes,
  type BatchEvent,
  type BatchInfo,
  type BatchRecord,
  bytesOf,
  type ItemFailure,
} from '../batch/types.ts';
import { HttpError, messageOf } from '../errors/index.ts';
import type { CleanEvent } from '../events/clean-event.ts';
import { decodeClean } from '../events/clean-record.ts';
import { type Marks, mark, marksEach, newMarks, scanPlain } from '../events/plain-clean-record.ts';
import { checkProperties } from '../events/properties.ts';

/** One event of `events_clean` on its way into a store. */
export interface SinkRecord {
  readonly event: CleanEvent;
  /** The record's value as it stands in Kafka. */
  readonly value: Buffer;
  /** Where it first stood in `events_clean`. */
  readonly source: Source;
  /** Kafka time of the event in `events_raw`, milliseconds since 1970. */
  readonly receivedAtMs: number;
  /** Where the fields of a value lie that `scanPlain` takes, from `firstMark` on. */
  readonly marks: Marks | undefined;
  readonly firstMark: number;
}

export interface Source {
  partition: number;
  offset: number;
}

export interface Range {
  /** In offset order. */
  records: SinkRecord[];
  /** Records that no store can take, each with its reason; every one is permanent. */
  failures: ItemFailure[];
}

/**
 * What a sink has been sent: one range of one partition, decided from the bytes of its records alone, so that
 * every attempt decides the same. Both sinks refuse the same records: an event is in both stores or in neither.
 *
 * @throws HttpError 400 when the request holds no range or several partitions.
 */
export function readRange(event: BatchEvent<Base64OrBytes>, batch: BatchInfo | undefined): Range {
  const partitions = Object.entries(event.records);
  const [first] = partitions;
  if (first === undefined || partitions.length > 1) {
    throw new HttpError(400, `one range of one partition is expected, not ${partitions.length}`);
  }
  const [partition, inputs] = first;
  const range: Range = { records: [], failures: [] };
  const marks = newMarks(inputs.length);
  for (const [i, record] of inputs.entries()) {
    try {
      range.records.push(readRecord(record, batch, marks, i * marksEach));
    } catch (error) {
      range.failures.push({
        itemIdentifier: { partition, offset: record.offset },
        reason: messageOf(error),
        permanent: true,
      });
    }
  }
  return range;
}

function readRecord(
  record: BatchRecord<Base64OrBytes>,
  batch: BatchInfo | undefined,
  marks: Marks,
  first: number,
): SinkRecord {
  const { value: sent } = record;
  if (sent === undefined || sent === null) throw new Error('the record has no value');
  const value = bytesOf(sent);
  const { partition, offset } = originalPosition(record, batch);
  const source = { partition, offset };
  const plain =
    scanPlain(value, marks, first) && (marks[first + mark.timestampMs] as number) < endOfMinutesMs;
  const read = plain
    ? new PlainRecord(value, source, marks, first)
    : sinkRecord(decodeClean(value), value, source);
  if (partition > maxPartition) throw new Error(`partition ${partition} is above ${maxPartition}`);
  return read;
}

/** Nearly all are: the event itself is read only when someone asks for it. */
class PlainRecord implements SinkRecord {
  readonly value: Buffer;
  readonly source: Source;
  readonly marks: Marks;
  readonly firstMark: number;

  constructor(value: Buffer, source: Source, marks: Marks, firstMark: number) {
    this.value = value;
    this.source = source;
    this.marks = marks;
    this.firstMark = firstMark;
  }

  get receivedAtMs(): number {
    return this.marks[this.firstMark + mark.receivedAtMs] as number;
  }

  get event(): CleanEvent {
    return decodeClean(this.value);
  }
}

/** @throws Error when a store cannot hold the event. */
export function sinkRecord(event: CleanEvent, value: Buffer, source: Source): SinkRecord {
  const problem = checkProperties(event.properties);
  if (problem !== undefined)
    throw new Error(`${['properties', ...problem.path].join('.')} ${problem.reason}`);
  for (const field of texts) {
    if (!(event[field] ?? '').isWellFormed()) throw new Error(`${field} contains a lone surrogate`);
  }
  if (event.timestamp >= endOfMinutesMs) throw new Error('timestamp is after the year 2105');
  return { event, value, source, receivedAtMs: event.received_at, marks: undefined, firstMark: 0 };
}

/** Free text; every other field has a form that leaves no room for half a character. */
const texts = ['category', 'session_id', 'device', 'browser', 'currency', 'user_agent'] as const;

/** ClickHouse counts minutes in 32 bits of seconds. */
const endOfMinutesMs = Date.UTC(2106, 0, 1);

/** ClickHouse keeps the partition in 16 bits. */
const maxPartition = 65_535;
