import type { FetchedPartition } from './fetch-api.ts';
import { isAbortMarker, readBatchHeader, readRecords } from './record-batch.ts';
import type { FetchedRecord } from './records.ts';

/**
 * The committed records in what one fetch brought, and the offset to fetch next. That offset lies beyond
 * markers, aborted records and compacted gaps: it moves even where no record is left to hand on.
 */
export function committedRecords(
  fetched: Pick<FetchedPartition, 'bytes' | 'aborted'>,
  fromOffset: number,
): { records: FetchedRecord[]; nextOffset: number } {
  const records: FetchedRecord[] = [];
  const pending = [...fetched.aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<bigint>();
  let nextOffset = fromOffset;
  let at = 0;
  for (;;) {
    const header = readBatchHeader(fetched.bytes, at);
    if (!header) break;
    while (pending[0] !== undefined && pending[0].firstOffset <= header.lastOffset) {
      aborting.add(pending[0].producerId);
      pending.shift();
    }
    if (header.control) {
      if (isAbortMarker(fetched.bytes, at)) aborting.delete(header.producerId);
    } else if (!(header.transactional && aborting.has(header.producerId))) {
      readRecords(fetched.bytes, at, fromOffset, records);
    }
    nextOffset = Math.max(nextOffset, header.lastOffset + 1);
    at = header.end;
  }
  return { records, nextOffset };
}
