import { headersOf } from '../../../../shared/clients/kafka-protocol/record-list.ts';
import { type FetchedRecord, recordValue } from '../../../../shared/clients/kafka-protocol/records.ts';
import { deadLetterHeaders } from '../../../connector/delivery/dead-letter.ts';
import { type Letter, readLetter } from '../../../connector/redrive/letter.ts';

/** A dead letter with its record as text, cut to what a page can show. */
export interface ShownLetter extends Letter {
  /** Of the original record; null for none. */
  recordKey: string | null;
  /** Of the original record; null for none. */
  value: string | null;
  /** True when the value is no text, or longer than what is given. */
  cut: boolean;
  /** The record's own. */
  headers: [string, string][];
}

const shownBytes = 8192;
const own = new Set<string>(Object.values(deadLetterHeaders));

/** Reads a record of the dead-letter topic; undefined for one that is no dead letter. */
export function readShownLetter(record: FetchedRecord, partition: number): ShownLetter | undefined {
  const letter = readLetter(record, partition);
  if (letter === undefined) return undefined;
  const headers = headersOf(record).map(
    ([name, value]) => [name.toString(), value?.toString() ?? ''] as [string, string],
  );
  const text = (name: string) => headers.findLast(([n]) => n === name)?.[1];
  const key = text(deadLetterHeaders.key);
  const value = recordValue(record) ?? Buffer.alloc(0);
  const binary = value.subarray(0, shownBytes).includes(0);
  return {
    ...letter,
    recordKey: key === undefined ? null : Buffer.from(key, 'base64').toString(),
    value: text(deadLetterHeaders.nullValue) === '1' ? null : value.toString('utf8', 0, shownBytes),
    cut: binary || value.length > shownBytes,
    headers: headers.filter(([name]) => !own.has(name)),
  };
}
