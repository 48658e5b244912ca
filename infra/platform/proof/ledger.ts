/** Where an event stands in a topic. */
export const at = (partition: number, offset: number): string => `${partition}/${offset}`;

/** One record of `events_clean`. */
export interface CleanEntry {
  eventId: string;
  /** Position in `events_raw`. */
  raw: string;
}

/** What Kafka holds of the part of the log that is looked at; positions as `at` writes them. */
export interface Ledger {
  /** Every record of `events_raw`. */
  raw: ReadonlySet<string>;
  /** Every record of `events_clean` by its position. */
  clean: ReadonlyMap<string, CleanEntry>;
  /** Dead letters by function: positions in the topic that it reads. */
  deadLetters: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What a store holds of the same part: a row's event id and its position in `events_clean`. */
export interface StoredRow {
  eventId: string;
  position: string;
}

/** Counts of one comparison; `examples` name some of what is wrong. */
export interface Comparison {
  expected: number;
  found: number;
  lost: number;
  doubled: number;
  examples: string[];
}

const maxExamples = 5;

/** Every raw record must be in `events_clean` or among the dead letters of `transform`, exactly once. */
export function compareTransform({ raw, clean, deadLetters }: Ledger, transform = 'transform'): Comparison {
  const seen = new Map<string, number>();
  const see = (position: string) => seen.set(position, (seen.get(position) ?? 0) + 1);
  for (const entry of clean.values()) if (raw.has(entry.raw)) see(entry.raw);
  for (const position of deadLetters.get(transform) ?? []) if (raw.has(position)) see(position);
  const result = emptyComparison(raw.size);
  for (const position of raw) {
    const times = seen.get(position) ?? 0;
    result.found += Math.min(times, 1);
    if (times === 0) note(result, 'lost', `raw record ${position} is neither clean nor a dead letter`);
    if (times > 1) note(result, 'doubled', `raw record ${position} came out ${times} times`, times - 1);
  }
  return result;
}

/**
 * Every clean record must be in the store exactly once, unless it is a dead letter of the store's function.
 *
 * @param once the store keeps one row an event id (MongoDB): a repeat of an id, which is a repeat of the sender's
 *   and no fault, is then expected once.
 */
export function compareStore(
  { clean, deadLetters }: Ledger,
  rows: Iterable<StoredRow>,
  { writer, once }: { writer: string; once: boolean },
): Comparison {
  const dead = deadLetters.get(writer) ?? new Set();
  const ids = new Map<string, string>();
  const expected = new Map<string, string>();
  for (const [position, { eventId }] of clean) {
    if (dead.has(position) || (once && ids.has(eventId))) continue;
    ids.set(eventId, position);
    expected.set(position, eventId);
  }
  const result = emptyComparison(expected.size);
  const seen = new Set<string>();
  for (const { eventId, position } of rows) {
    // The store that keeps one row an id may have kept any of the repeats.
    const key = once ? (ids.get(eventId) ?? position) : position;
    if (clean.get(position)?.eventId !== eventId) {
      note(result, 'doubled', `a row at ${position} with id ${eventId} that is not what Kafka holds there`);
    } else if (seen.has(key)) {
      note(result, 'doubled', `event ${eventId} of ${position} is there more than once`);
    } else {
      seen.add(key);
      result.found += 1;
    }
  }
  for (const [position, eventId] of expected) {
    if (!seen.has(position)) note(result, 'lost', `event ${eventId} of ${position} is missing`);
  }
  return result;
}

export function emptyComparison(expected: number): Comparison {
  return { expected, found: 0, lost: 0, doubled: 0, examples: [] };
}

function note(result: Comparison, kind: 'lost' | 'doubled', example: string, count = 1): void {
  result[kind] += count;
  if (result.examples.length < maxExamples) result.examples.push(`${kind}: ${example}`);
}
