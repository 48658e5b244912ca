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
import { checkProperties } from '../events/properties.ts';

/** One event of `events_clean` on its way into a store. */
export interface SinkRecord {
  event: CleanEvent;
  /** The record's value as it stands in Kafka. */
  value: Buffer;
  /** Where it first stood in `events_clean`. */
  source: { partition: number; offset: number };
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
  for (const record of inputs) {
    try {
      range.records.push(readRecord(record, batch));
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

function readRecord(record: BatchRecord<Base64OrBytes>, batch: BatchInfo | undefined): SinkRecord {
  if (record.value === undefined || record.value === null) throw new Error('the record has no value');
  const value = bytesOf(record.value);
  const event = decodeClean(value);
  const problem = checkProperties(event.properties);
  if (problem !== undefined)
    throw new Error(`${['properties', ...problem.path].join('.')} ${problem.reason}`);
  for (const field of texts) {
    if (!(event[field] ?? '').isWellFormed()) throw new Error(`${field} contains a lone surrogate`);
  }
  if (event.timestamp >= endOfMinutesMs) throw new Error('timestamp is after the year 2105');
  const { partition, offset } = originalPosition(record, batch);
  if (partition > maxPartition) throw new Error(`partition ${partition} is above ${maxPartition}`);
  return { event, value, source: { partition, offset } };
}

/** Free text; every other field has a form that leaves no room for half a character. */
const texts = ['category', 'session_id', 'device', 'browser', 'currency', 'user_agent'] as const;

/** ClickHouse counts minutes in 32 bits of seconds. */
const endOfMinutesMs = Date.UTC(2106, 0, 1);

/** ClickHouse keeps the partition in 16 bits. */
const maxPartition = 65_535;
