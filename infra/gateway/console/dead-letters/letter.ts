import { deadLetterHeaders } from '../../../connector/delivery/dead-letter.ts';
import { headersOf } from '../../../connector/kafka/record-batch.ts';
import { type FetchedRecord, recordKey, recordValue } from '../../../connector/kafka/records.ts';

/** A dead letter as the console shows it; texts are cut to what a page can show. */
export interface Letter {
  /** `<function>/<topic id>/<partition>/<offset>` of the original. */
  id: string;
  function: string;
  reason: string;
  attempts: number;
  /** Where the record first stood. */
  topic: string;
  partition: number;
  offset: number;
  /** Milliseconds since 1970: the record's own time, first sent, given up. */
  timestampMs: number;
  firstSentMs: number;
  diedMs: number;
  /** As text; null for a null key. */
  key: string | null;
  /** As text, null for a null value. */
  value: string | null;
  valueBytes: number;
  /** True when the value is no text, or longer than what is given. */
  cut: boolean;
  headers: [string, string][];
}

const shownBytes = 8192;
const own = new Set<string>(Object.values(deadLetterHeaders));

/** Reads a record of the dead-letter topic. */
export function readLetter(record: FetchedRecord): Letter {
  const headers = headersOf(record).map(
    ([name, value]) => [name.toString(), value?.toString() ?? ''] as [string, string],
  );
  const text = (name: string) => headers.findLast(([n]) => n === name)?.[1];
  const number = (name: string) => Number(text(name) ?? 0);
  const key = text(deadLetterHeaders.key);
  const value = recordValue(record) ?? Buffer.alloc(0);
  const binary = value.subarray(0, shownBytes).includes(0);
  return {
    id: recordKey(record)?.toString() ?? '',
    function: text(deadLetterHeaders.function) ?? '',
    reason: text(deadLetterHeaders.reason) ?? '',
    attempts: number(deadLetterHeaders.attempts),
    topic: text(deadLetterHeaders.topic) ?? '',
    partition: number(deadLetterHeaders.partition),
    offset: number(deadLetterHeaders.offset),
    timestampMs: number(deadLetterHeaders.timestamp),
    firstSentMs: number(deadLetterHeaders.firstSent),
    diedMs: number(deadLetterHeaders.died),
    key: key === undefined ? null : Buffer.from(key, 'base64').toString(),
    value: text(deadLetterHeaders.nullValue) === '1' ? null : value.toString('utf8', 0, shownBytes),
    valueBytes: value.length,
    cut: binary || value.length > shownBytes,
    headers: headers.filter(([name]) => !own.has(name)),
  };
}
