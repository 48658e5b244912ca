/**
 * What was done of one partition when calls end in any order: the position below which everything is done, and the
 * calls above it that are done as well.
 */
export interface Progress {
  /** Next offset that is not done. */
  readonly position: number;
  isDone(offset: number): boolean;
  done(offset: number): void;
  /** What to commit with the position, so that the next gateway does not repeat what is done above it. */
  metadata(): string;
}

/** Kafka's default bound of a position's metadata is 4,096 bytes. */
const longestMetadata = 4000;

/**
 * @param metadata as `metadata()` wrote it for this position. Text that is none is ignored: calls are then repeated,
 * none is lost.
 */
export function createProgress(start: number, metadata = ''): Progress {
  let position = start;
  const above = new Set<number>();
  for (const [first, last] of parseRanges(start, metadata)) {
    for (let offset = first; offset <= last; offset++) above.add(offset);
  }

  return {
    get position() {
      return position;
    },
    isDone: (offset) => offset < position || above.has(offset),
    done: (offset) => {
      if (offset < position) return;
      above.add(offset);
      while (above.delete(position)) position++;
    },
    metadata: () => {
      const parts: string[] = [];
      let length = 0;
      for (const [first, last] of rangesOf([...above].sort((a, b) => a - b))) {
        const text = first === last ? `${first - position}` : `${first - position}-${last - position}`;
        length += text.length + 1;
        // What does not fit is repeated after a crash.
        if (length > longestMetadata) break;
        parts.push(text);
      }
      return parts.join(',');
    },
  };
}

function rangesOf(sorted: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const offset of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === offset - 1) last[1] = offset;
    else ranges.push([offset, offset]);
  }
  return ranges;
}

function parseRanges(start: number, metadata: string): [number, number][] {
  if (!/^\d{1,7}(-\d{1,7})?(,\d{1,7}(-\d{1,7})?)*$/.test(metadata)) return [];
  return metadata.split(',').map((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return [start + first, start + last];
  });
}
