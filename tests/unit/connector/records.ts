import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';

/** A fetched record for tests; nothing but its offset matters unless given. */
export function record(
  offset: number,
  given: { value?: string | null; timestamp?: number } = {},
): FetchedRecord {
  const value = given.value === undefined ? `v${offset}` : given.value;
  const bytes = Buffer.from(value ?? '');
  return {
    offset,
    timestamp: given.timestamp ?? 1_700_000_000_000 + offset,
    logAppendTime: false,
    bytes,
    bodyStart: 0,
    keyStart: -1,
    keyEnd: -1,
    valueStart: value === null ? -1 : 0,
    valueEnd: bytes.length,
    headersStart: bytes.length,
    headerCount: 0,
    end: bytes.length,
    size: bytes.length + 10,
  };
}

export const records = (...offsets: number[]): FetchedRecord[] => offsets.map((offset) => record(offset));
