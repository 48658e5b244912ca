import type { RowBytes } from '../../shared/clients/clickhouse/index.ts';
import { encodeClean } from '../../shared/events/clean-record.ts';
import type { SinkRecord } from '../../shared/sink/read-range.ts';
import { encodeNative } from './native.ts';

/**
 * The rows of a range, decided by its records alone: a block in Native; JSON lines as soon as one record has a field that
 * only a later release knows, for which the table may have a column.
 */
export function rowsOf(records: readonly SinkRecord[]): RowBytes {
  return records.every(isKnown)
    ? { format: 'Native', bytes: encodeNative(records) }
    : { format: 'JSONEachRow', bytes: encodeLines(records) };
}

function isKnown(record: SinkRecord): boolean {
  return record.marks !== undefined || record.value.equals(Buffer.from(encodeClean(record.event)));
}

/**
 * JSON lines: each record's own bytes with its source spliced in behind the opening brace.
 */
function encodeLines(records: readonly SinkRecord[]): Buffer {
  const heads = records.map(
    ({ source }) => `{"source_partition":${source.partition},"source_offset":${source.offset},`,
  );
  let size = 0;
  for (const [i, { value }] of records.entries()) size += (heads[i] as string).length + value.length;
  const lines = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [i, { value }] of records.entries()) {
    at += lines.write(heads[i] as string, at, 'latin1');
    // The value's own opening brace has gone into the head; a line feed takes its place at the end.
    at += value.copy(lines, at, 1);
    lines[at++] = 0x0a;
  }
  return lines;
}
