import { type Comparison, emptyComparison, note } from './comparison.ts';
import { createEventIds } from './event-ids.ts';
import { createLetters, type LetterState, type Letters, letterState } from './letters.ts';
import { createPositions, type Range } from './positions.ts';
import { openStoreCheck, type StoreCheck } from './store-check.ts';

/** One record of `events_clean`, and where it came from in `events_raw`. */
export interface CleanRecord {
  eventId: string;
  rawPartition: number;
  rawOffset: number;
}

/**
 * Every event of a part of the log and what became of it, in flat arrays: 39 bytes an event, and up to 16 more while
 * repeated ids are looked for. Filled from Kafka; then asked whether everything came out once.
 */
export interface Ledger {
  /** @param eventId as it was sent; undefined when it has none that can be read. */
  addRaw(partition: number, offset: number, eventId?: string): void;
  /** @returns false when the event id is none. */
  addClean(partition: number, offset: number, record: CleanRecord): boolean;
  /** A dead letter of `functionName` for a record of the topic that it reads. */
  setLetter(functionName: string, partition: number, offset: number, state: LetterState): void;
  totals(since?: Range['from']): {
    raw: number;
    rawSince: number;
    clean: number;
    rejected: number;
    /** Left out, because another raw record with the same event id came out. */
    duplicates: number;
  };
  /**
   * Every raw record must be in `events_clean` or among the dead letters of `transform`, exactly once; one that is in
   * neither is lost, unless another record with its event id came out.
   */
  compareTransform(): Comparison;
  /**
   * Takes the rows of a store one by one: every clean record must be there exactly once.
   *
   * @param once the store keeps one row an event id (MongoDB): a repeat of an id, which is a repeat of the sender's
   *   and no fault, is then expected once.
   */
  openStore(options: { writer: string; once: boolean }): StoreCheck;
}

const THERE = 1;
/** Of a raw record: its event id is known. */
const NAMED = 2;
/** How often a raw record came out clean, up to 63, lies above these bits. */
const OUTPUT = 4;
const MOST_OUTPUTS = 63;
const TRANSFORM = 'transform';

export function createLedger(scope: { raw: Range; clean: Range }): Ledger {
  const rawPositions = createPositions(scope.raw);
  const cleanPositions = createPositions(scope.clean);
  const raw = new Uint8Array(rawPositions.size);
  const clean = new Uint8Array(cleanPositions.size);
  const ids = createEventIds(cleanPositions.size);
  const rawIds = createEventIds(rawPositions.size);
  const letters = new Map<string, Letters>();
  let groups: number[][] | undefined;

  const isThere = (flags: Uint8Array, index: number) => ((flags[index] as number) & THERE) !== 0;
  const lettersOf = (functionName: string): Letters => {
    const known = letters.get(functionName);
    if (known) return known;
    const made = createLetters(functionName === TRANSFORM ? rawPositions.size : cleanPositions.size);
    letters.set(functionName, made);
    return made;
  };
  const count = (flags: Uint8Array) => {
    let sum = 0;
    for (let i = 0; i < flags.length; i++) if (isThere(flags, i)) sum++;
    return sum;
  };
  function* cleanIndexes() {
    for (let i = 0; i < clean.length; i++) if (isThere(clean, i)) yield i;
  }
  const repeats = () => {
    groups ??= ids.repeats(cleanIndexes(), count(clean));
    return groups;
  };

  /** Raw records that are nowhere, by whether another one with their event id came out; one that was rejected has no claim. */
  const nowhere = () => {
    const { states } = lettersOf(TRANSFORM);
    const cameOut = (index: number) => (raw[index] as number) >= OUTPUT;
    const missing = new Set<number>();
    for (let i = 0; i < raw.length; i++) {
      if (isThere(raw, i) && !cameOut(i) && states[i] === letterState.none) missing.add(i);
    }
    const duplicates = new Set<number>();
    if (missing.size === 0) return { missing, duplicates };
    const named: number[] = [];
    for (let i = 0; i < raw.length; i++) if (((raw[i] as number) & NAMED) !== 0) named.push(i);
    for (const group of rawIds.repeats(named, named.length)) {
      if (!group.some(cameOut)) continue;
      for (const index of group) if (missing.delete(index)) duplicates.add(index);
    }
    return { missing, duplicates };
  };

  return {
    addRaw(partition, offset, eventId = '') {
      const index = rawPositions.indexOf(partition, offset);
      if (index < 0) return;
      raw[index] = (raw[index] as number) | THERE | (rawIds.set(index, eventId) ? NAMED : 0);
    },
    addClean(partition, offset, { eventId, rawPartition, rawOffset }) {
      const index = cleanPositions.indexOf(partition, offset);
      if (index < 0) return true;
      if (!ids.set(index, eventId)) return false;
      clean[index] = THERE;
      groups = undefined;
      const source = rawPositions.indexOf(rawPartition, rawOffset);
      if (source >= 0 && (raw[source] as number) < MOST_OUTPUTS * OUTPUT) {
        raw[source] = (raw[source] as number) + OUTPUT;
      }
      return true;
    },
    setLetter(functionName, partition, offset, state) {
      const positions = functionName === TRANSFORM ? rawPositions : cleanPositions;
      const index = positions.indexOf(partition, offset);
      if (index >= 0) lettersOf(functionName).set(index, state);
    },
    totals(since = scope.raw.from) {
      const rejected = lettersOf(TRANSFORM).states;
      const totals = {
        raw: 0,
        rawSince: 0,
        clean: count(clean),
        rejected: 0,
        duplicates: nowhere().duplicates.size,
      };
      for (const [partition, end] of scope.raw.to) {
        const from = scope.raw.from.get(partition) ?? 0;
        const wanted = since.get(partition) ?? 0;
        for (let offset = from; offset < end; offset++) {
          const index = rawPositions.indexOf(partition, offset);
          if (!isThere(raw, index)) continue;
          totals.raw++;
          if (offset >= wanted) totals.rawSince++;
          if (rejected[index] !== letterState.none) totals.rejected++;
        }
      }
      return totals;
    },
    compareTransform() {
      const { states: rejected, doubled } = lettersOf(TRANSFORM);
      const result = emptyComparison();
      const { duplicates } = nowhere();
      for (const index of doubled) {
        note(result, 'doubled', `raw record ${rawPositions.nameOf(index)} has two dead letters`);
      }
      for (let index = 0; index < raw.length; index++) {
        if (!isThere(raw, index)) continue;
        result.expected++;
        const outputs = Math.floor((raw[index] as number) / OUTPUT);
        const state = rejected[index];
        const times = outputs + (state === letterState.open ? 1 : 0);
        result.found += Math.min(times, 1);
        const name = () => `raw record ${rawPositions.nameOf(index)}`;
        if (times > 1) note(result, 'doubled', `${name()} came out ${times} times`, times - 1);
        if (times > 0) continue;
        // Purged: somebody decided that it is not wanted.
        if (state === letterState.settled || duplicates.has(index)) result.found++;
        else note(result, 'lost', `${name()} is neither clean nor a dead letter`);
      }
      return result;
    },
    openStore: ({ writer, once }) =>
      openStoreCheck({
        positions: cleanPositions,
        isClean: (index) => isThere(clean, index),
        ids,
        letters: lettersOf(writer),
        repeats: once ? repeats() : [],
      }),
  };
}
