import { originalPositionHeaders } from '../../../shared/batch/original-position.ts';
import type { OutgoingRecord } from '../../../shared/clients/kafka-protocol/place.ts';
import { headersOf } from '../../../shared/clients/kafka-protocol/record-list.ts';
import { recordKey, recordValue } from '../../../shared/clients/kafka-protocol/records.ts';
import type { DeadRecord } from './pieces.ts';

/** Names of the headers that a dead letter carries besides those of the original record. */
export const deadLetterHeaders = {
  function: 'x-dead-letter-function',
  topic: 'x-dead-letter-topic',
  /** Base64 of the original key; absent when it was null. */
  key: 'x-dead-letter-key',
  /** `1` when the original value was null, which a compacted topic would take for a deletion. */
  nullValue: 'x-dead-letter-null-value',
  reason: 'x-dead-letter-reason',
  attempts: 'x-dead-letter-attempts',
  /** Milliseconds since 1970: first sent to the function; given up. */
  firstSent: 'x-dead-letter-first-sent',
  died: 'x-dead-letter-died',
  ...originalPositionHeaders,
} as const;

const ownNames = new Set<string>(Object.values(deadLetterHeaders));

/**
 * A dead letter for the compacted dead-letter topic: keyed by function and original position, so that the same
 * record is one letter however often it fails; the value is the original value, byte for byte.
 */
export function deadLetter(
  { record, reason, attempts }: DeadRecord,
  where: {
    functionName: string;
    /** Whether the record comes from the retry topic; elsewhere such headers are anybody's and count for nothing. */
    redriven: boolean;
    topic: string;
    topicId: string;
    partition: number;
    deadLetterTopic: string;
    firstSentMs: number;
    nowMs: number;
  },
): OutgoingRecord {
  const headers = headersOf(record);
  const text = (name: string) => {
    if (!where.redriven) return undefined;
    const found = headers.findLast(([n]) => n.toString() === name)?.[1];
    return found?.toString();
  };
  // A redriven record that fails again is the same letter as before.
  const topic = text(deadLetterHeaders.topic) ?? where.topic;
  const topicId = text(deadLetterHeaders.topicId) ?? where.topicId;
  const partition = text(deadLetterHeaders.partition) ?? String(where.partition);
  const offset = text(deadLetterHeaders.offset) ?? String(record.offset);
  const timestamp = text(deadLetterHeaders.timestamp) ?? String(record.timestamp);
  const key = recordKey(record);
  const value = recordValue(record);
  const own: [string, string][] = [
    [deadLetterHeaders.function, where.functionName],
    [deadLetterHeaders.topic, topic],
    [deadLetterHeaders.topicId, topicId],
    [deadLetterHeaders.partition, partition],
    [deadLetterHeaders.offset, offset],
    [deadLetterHeaders.timestamp, timestamp],
    [deadLetterHeaders.reason, reason.slice(0, 1000)],
    [deadLetterHeaders.attempts, String(attempts)],
    [deadLetterHeaders.firstSent, String(where.firstSentMs)],
    [deadLetterHeaders.died, String(where.nowMs)],
  ];
  if (key !== null) own.push([deadLetterHeaders.key, key.toString('base64')]);
  if (value === null) own.push([deadLetterHeaders.nullValue, '1']);
  return {
    topic: where.deadLetterTopic,
    key: Buffer.from(`${where.functionName}/${topicId}/${partition}/${offset}`),
    value: value ?? Buffer.alloc(0),
    headers: [
      ...headers.filter(([name]) => !ownNames.has(name.toString())),
      ...own.map(([name, given]) => [Buffer.from(name), Buffer.from(given)] as const),
    ],
    timestamp: where.nowMs,
  };
}
