import type { Unacknowledged } from '../kafka-protocol/idempotent.ts';
import type { OutgoingRecord as PlacedRecord } from '../kafka-protocol/place.ts';
import type { HeaderList } from '../kafka-protocol/records.ts';

export interface OutgoingRecord {
  key: Buffer;
  value: Buffer;
  /** Milliseconds since 1970: the record's Kafka time. */
  timestampMs: number;
  headers?: Readonly<Record<string, string | Buffer>> | undefined;
}

/** Records that somebody handed in together. */
export interface Waiting {
  records: readonly OutgoingRecord[];
  /** How many are in a flight or behind it, and how many were acknowledged. */
  taken: number;
  acknowledged: number;
  settled: boolean;
  settle(error?: Error): void;
}

/** The records of one waiting entry that are in a flight: `count` of them, from `start` on. */
interface Share {
  from: Waiting;
  start: number;
  count: number;
}

/** What is sent together. */
export interface Flight {
  shares: Share[];
  records: PlacedRecord[];
}

/** A whole request of `ingest` at most, and what a broker takes in and replicates within milliseconds. */
const flightRecords = 10_000;
const flightBytes = 4 * 1024 * 1024;

/**
 * Takes the records of one flight off the queue, one record at least; what has settled meanwhile (too late, or failed
 * in part) is dropped. Undefined when nothing waits.
 */
export function takeFlight(waiting: Waiting[], topic: string): Flight | undefined {
  const flight: Flight = { shares: [], records: [] };
  let bytes = 0;
  for (let entry = waiting[0]; entry !== undefined; entry = waiting[0]) {
    const share: Share = { from: entry, start: flight.records.length, count: 0 };
    const headersOf = headerLists();
    while (!entry.settled && entry.taken < entry.records.length) {
      const { key, value, timestampMs, headers } = entry.records[entry.taken] as OutgoingRecord;
      const count = flight.records.length;
      if (count > 0 && (count >= flightRecords || bytes + value.length > flightBytes)) break;
      flight.records.push({ topic, key, value, timestamp: timestampMs, headers: headersOf(headers) });
      entry.taken += 1;
      share.count += 1;
      bytes += value.length;
    }
    if (share.count > 0) flight.shares.push(share);
    if (!entry.settled && entry.taken < entry.records.length) break;
    waiting.shift();
  }
  return flight.records.length > 0 ? flight : undefined;
}

/**
 * Says of each share whether it was acknowledged, all of it, or why not.
 *
 * @param unacknowledged the very objects of the flight.
 */
export function sortOut(
  { shares, records }: Flight,
  unacknowledged: readonly Unacknowledged[],
): { from: Waiting; count: number; error: unknown }[] {
  if (unacknowledged.length === 0) {
    return shares.map(({ from, count }) => ({ from, count, error: undefined }));
  }
  const errors = new Map<unknown, unknown>();
  for (const { records: failed, error } of unacknowledged) {
    for (const record of failed) errors.set(record, error);
  }
  return shares.map(({ from, start, count }) => {
    const failed = records.slice(start, start + count).find((record) => errors.has(record));
    return { from, count, error: failed === undefined ? undefined : errors.get(failed) };
  });
}

/** The records of one request mostly share one object of headers: it is turned into Kafka's form once. */
function headerLists(): (headers: OutgoingRecord['headers']) => HeaderList {
  let last: OutgoingRecord['headers'];
  let list: HeaderList = [];
  return (headers) => {
    if (headers !== last) {
      last = headers;
      list = Object.entries(headers ?? {}).map(
        ([name, value]) => [Buffer.from(name), Buffer.from(value as string)] as const,
      );
    }
    return list;
  };
}
