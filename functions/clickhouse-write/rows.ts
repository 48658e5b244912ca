import type { SinkRecord } from '../../shared/sink/read-range.ts';

/**
 * The rows of a range as JSON lines: each record's own bytes with its source spliced in behind the opening brace.
 * The same records make the same bytes, which is what a deduplication token stands for.
 */
export function rowsOf(records: readonly SinkRecord[]): Buffer {
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
