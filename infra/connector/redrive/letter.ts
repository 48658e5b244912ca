import type { OutgoingRecord } from '../../../shared/clients/kafka-protocol/place.ts';
import { headersOf } from '../../../shared/clients/kafka-protocol/record-list.ts';
import {
  type FetchedRecord,
  type HeaderList,
  recordKey,
  recordValue,
} from '../../../shared/clients/kafka-protocol/records.ts';
import { deadLetterHeaders } from '../delivery/dead-letter.ts';

/** What a dead letter says of itself, without its value; `at` is where it lies in the dead-letter topic. */
export interface Letter {
  key: string;
  at: { partition: number; offset: number };
  functionName: string;
  topic: string;
  topicId: string;
  partition: number;
  offset: number;
  /** Kafka time of the original record, milliseconds since 1970. */
  timestampMs: number;
  reason: string;
  attempts: number;
  firstSentMs: number;
  diedMs: number;
  valueBytes: number;
}

const ownHeaders = new Set<string>(Object.values(deadLetterHeaders));
/** Kept on a redriven record: its origin, by which everything that must not change is derived. */
const originHeaders = new Set<string>([
  deadLetterHeaders.topic,
  deadLetterHeaders.topicId,
  deadLetterHeaders.partition,
  deadLetterHeaders.offset,
  deadLetterHeaders.timestamp,
]);

/** Reads a dead letter; undefined for a record that is none (foreign, or without a key). */
export function readLetter(record: FetchedRecord, deadLetterPartition: number): Letter | undefined {
  const key = recordKey(record)?.toString();
  const headers = new Map(
    headersOf(record).map(([name, value]) => [name.toString(), value?.toString() ?? '']),
  );
  const functionName = headers.get(deadLetterHeaders.function);
  const topicId = headers.get(deadLetterHeaders.topicId);
  if (key === undefined || functionName === undefined || topicId === undefined) return undefined;
  const number = (name: string) => Number(headers.get(name) ?? 0);
  return {
    key,
    at: { partition: deadLetterPartition, offset: record.offset },
    functionName,
    topic: headers.get(deadLetterHeaders.topic) ?? '',
    topicId,
    partition: number(deadLetterHeaders.partition),
    offset: number(deadLetterHeaders.offset),
    timestampMs: number(deadLetterHeaders.timestamp),
    reason: headers.get(deadLetterHeaders.reason) ?? '',
    attempts: number(deadLetterHeaders.attempts),
    firstSentMs: number(deadLetterHeaders.firstSent),
    diedMs: number(deadLetterHeaders.died),
    valueBytes: recordValue(record)?.length ?? 0,
  };
}

/** The original record, on its way to the function once more, with its origin in headers. */
export function redriven(letter: FetchedRecord, retryTopic: string, nowMs: number): OutgoingRecord {
  const headers = headersOf(letter);
  const text = (name: string) => headers.findLast(([n]) => n.toString() === name)?.[1]?.toString();
  const key = text(deadLetterHeaders.key);
  const isNull = text(deadLetterHeaders.nullValue) !== undefined;
  const kept: HeaderList = headers.filter(([name]) => {
    const header = name.toString();
    return !ownHeaders.has(header) || originHeaders.has(header);
  });
  return {
    topic: retryTopic,
    key: key === undefined ? null : Buffer.from(key, 'base64'),
    value: isNull ? null : recordValue(letter),
    headers: kept,
    timestamp: nowMs,
  };
}

/** What deletes a dead letter from the compacted topic. */
export function tombstone(letter: Letter, deadLetterTopic: string, nowMs: number): OutgoingRecord {
  return { topic: deadLetterTopic, key: Buffer.from(letter.key), value: null, headers: [], timestamp: nowMs };
}
