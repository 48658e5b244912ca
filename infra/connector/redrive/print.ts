import { type FetchedRecord, recordValue } from '../../../shared/clients/kafka-protocol/records.ts';
import type { Letter } from './letter.ts';
import { summarise } from './select.ts';

const time = (ms: number) => (ms > 0 ? new Date(ms).toISOString() : 'unknown');

/** Lines that say how many letters there are, by function and reason. */
export function listLines(letters: readonly Letter[], json: boolean): string[] {
  const groups = summarise(letters);
  if (json) return groups.map((group) => JSON.stringify(group));
  if (groups.length === 0) return ['no dead letters'];
  const width = Math.max(...groups.map(({ functionName }) => functionName.length));
  return [
    ...groups.map(
      ({ functionName, reason, count }) =>
        `${String(count).padStart(8)}  ${functionName.padEnd(width)}  ${reason}`,
    ),
    `${String(letters.length).padStart(8)}  in all`,
  ];
}

/** Lines that say all of one letter. */
export function showLines(letter: Letter, record: FetchedRecord, json: boolean): string[] {
  const value = recordValue(record)?.toString('utf8') ?? '';
  if (json) return [JSON.stringify({ ...letter, value })];
  return [
    letter.key,
    `  from      ${letter.topic}-${letter.partition} offset ${letter.offset}, recorded ${time(letter.timestampMs)}`,
    `  reason    ${letter.reason}`,
    `  attempts  ${letter.attempts}, first ${time(letter.firstSentMs)}, given up ${time(letter.diedMs)}`,
    `  value     ${value.length > 500 ? `${value.slice(0, 500)}… (${letter.valueBytes} bytes)` : value}`,
  ];
}
