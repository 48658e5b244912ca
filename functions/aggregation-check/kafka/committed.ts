import type { RecordsBatch } from '@platformatic/kafka';

/** One committed record. */
export interface LogRecord {
  offset: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly (readonly [Buffer | null, Buffer | null])[];
}

const transactional = 1 << 4;
const control = 1 << 5;

/**
 * The committed records among the batches of one fetch, and the offset to fetch next, which lies beyond markers,
 * aborted records and compacted gaps even where no record is left.
 */
export function committed(
  batches: readonly RecordsBatch[],
  abortedTransactions: readonly { producerId: bigint; firstOffset: bigint }[],
  from: number,
): { records: LogRecord[]; nextOffset: number } {
  const pending = [...abortedTransactions].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const aborting = new Set<bigint>();
  const records: LogRecord[] = [];
  let nextOffset = from;
  for (const batch of batches) {
    const first = Number(batch.firstOffset);
    const last = first + batch.lastOffsetDelta;
    nextOffset = Math.max(nextOffset, last + 1);
    while (pending[0] !== undefined && Number(pending[0].firstOffset) <= last) {
      aborting.add(pending[0].producerId);
      pending.shift();
    }
    if ((batch.attributes & control) !== 0) {
      // The key of a marker: version, then type; 0 is an abort.
      if (batch.records[0]?.key?.readInt16BE(2) === 0) aborting.delete(batch.producerId);
      continue;
    }
    if ((batch.attributes & transactional) !== 0 && aborting.has(batch.producerId)) continue;
    for (const { offsetDelta, key, value, headers } of batch.records) {
      const offset = first + offsetDelta;
      if (offset >= from) records.push({ offset, key, value, headers });
    }
  }
  return { records, nextOffset };
}
