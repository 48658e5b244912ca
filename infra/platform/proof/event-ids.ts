const WORDS = 4;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The event id of each position, whole, in 16 bytes: ten million of them as texts would fill a gigabyte. */
export interface EventIds {
  /** @returns false when the text is no UUID; nothing is kept then. */
  set(index: number, id: string): boolean;
  equals(index: number, id: string): boolean;
  /** The text of what was set. */
  textOf(index: number): string;
  /** Indexes that have the same id, in order, for each id that several of `indexes` have. */
  repeats(indexes: Iterable<number>, count: number): number[][];
}

export function createEventIds(size: number): EventIds {
  const words = new Uint32Array(size * WORDS);
  const read = new Uint32Array(WORDS);

  function parse(id: string): boolean {
    if (!uuid.test(id)) return false;
    read[0] = Number.parseInt(id.slice(0, 8), 16);
    read[1] = Number.parseInt(id.slice(9, 13) + id.slice(14, 18), 16);
    read[2] = Number.parseInt(id.slice(19, 23) + id.slice(24, 28), 16);
    read[3] = Number.parseInt(id.slice(28), 16);
    return true;
  }

  const same = (a: number, b: number) => {
    for (let i = 0; i < WORDS; i++) if (words[a * WORDS + i] !== words[b * WORDS + i]) return false;
    return true;
  };
  /** Ids need not be random: derived and made-up ones must spread as well. */
  const hash = (index: number) => {
    let mixed = 0;
    for (let i = 0; i < WORDS; i++) {
      mixed = Math.imul(mixed ^ (words[index * WORDS + i] as number), 0x9e3779b1);
      mixed ^= mixed >>> 15;
    }
    return mixed >>> 0;
  };

  return {
    set(index, id) {
      if (!parse(id)) return false;
      words.set(read, index * WORDS);
      return true;
    },
    equals(index, id) {
      if (!parse(id)) return false;
      for (let i = 0; i < WORDS; i++) if (words[index * WORDS + i] !== read[i]) return false;
      return true;
    },
    textOf(index) {
      const hex = Array.from(words.subarray(index * WORDS, (index + 1) * WORDS), (word) =>
        word.toString(16).padStart(8, '0'),
      ).join('');
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
    repeats(indexes, count) {
      const capacity = 2 ** Math.ceil(Math.log2(Math.max(2, count * 2)));
      // Open addressing; 0 is a free place, else index + 1.
      const table = new Uint32Array(capacity);
      const groups = new Map<number, number[]>();
      for (const index of indexes) {
        let place = hash(index) & (capacity - 1);
        for (;;) {
          const taken = table[place] as number;
          if (taken === 0) {
            table[place] = index + 1;
            break;
          }
          if (same(taken - 1, index)) {
            const group = groups.get(taken - 1) ?? [taken - 1];
            group.push(index);
            groups.set(taken - 1, group);
            break;
          }
          place = (place + 1) & (capacity - 1);
        }
      }
      return [...groups.values()];
    },
  };
}
