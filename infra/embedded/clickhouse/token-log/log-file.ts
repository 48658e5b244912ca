/**
 * MergeTree's log of deduplication tokens, `deduplication_logs/deduplication_log_<n>.txt`: one line an
 * operation, `1` adds a block id for a part and `2` takes it back: `1\t202611_5_5_0\t<block id>\n`.
 */
export interface LogRecord {
  operation: 'add' | 'drop';
  part: string;
  blockId: string;
}

export interface ParsedLog {
  records: LogRecord[];
  /** Bytes of whole records. */
  wholeBytes: number;
  /** The file ends within a record. */
  torn: boolean;
  /** A whole line is not a record: nothing behind it was read. */
  unknown: boolean;
}

/** The records of one file. */
export function parseLog(content: Buffer): ParsedLog {
  const records: LogRecord[] = [];
  let at = 0;
  for (;;) {
    const end = content.indexOf('\n', at);
    if (end < 0) return { records, wholeBytes: at, torn: at < content.length, unknown: false };
    const [operation, part, blockId, more] = content.toString('utf8', at, end).split('\t');
    if ((operation !== '1' && operation !== '2') || !part || !blockId || more !== undefined) {
      return { records, wholeBytes: at, torn: false, unknown: true };
    }
    records.push({ operation: operation === '1' ? 'add' : 'drop', part, blockId });
    at = end + 1;
  }
}

/** The line that takes a token back. */
export function dropLine({ part, blockId }: { part: string; blockId: string }): string {
  return `2\t${part}\t${blockId}\n`;
}

/** Files in the order in which they were written. */
export function inOrder(names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, number: Number(/^deduplication_log_(\d+)\.txt$/.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ number }) => !Number.isNaN(number))
    .sort((a, b) => a.number - b.number)
    .map(({ name }) => name);
}
