import { entryWords } from '../../shared/clients/claims/entry.ts';

/** Three numbers of 32 bits that an event id comes to; filled by `hashId`, so that none is allocated per id. */
export type Hash = Uint32Array;

/** Hashes the id at word `at`. The seed is the folder's own: nobody can make up ids that all fall on one place. */
export function hashId(entries: Uint32Array, at: number, seed: number, into: Hash): void {
  let a = seed;
  let b = ~seed;
  for (let i = at; i < at + 4; i++) {
    const word = entries[i] as number;
    a = Math.imul(a ^ word, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b ^ word, 0x85ebca6b);
    b ^= b >>> 13;
  }
  a = Math.imul(a ^ (a >>> 16), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x27d4eb2f);
  const c = Math.imul(a + b, 0x165667b1);
  into[0] = a ^ (a >>> 16);
  into[1] = b ^ (b >>> 15);
  into[2] = c ^ (c >>> 16);
}

/** Whether two entries have the same id. */
export function sameId(a: Uint32Array, atA: number, b: Uint32Array, atB: number): boolean {
  return (
    a[atA] === b[atB] && a[atA + 1] === b[atB + 1] && a[atA + 2] === b[atB + 2] && a[atA + 3] === b[atB + 3]
  );
}

/** Whether two entries have the same place. */
export function samePlace(a: Uint32Array, atA: number, b: Uint32Array, atB: number): boolean {
  return a[atA + 4] === b[atB + 4] && a[atA + 5] === b[atB + 5] && a[atA + 6] === b[atB + 6];
}

/** How full a table may get: an id that is not there is seen after 13 places on average. */
const fullness = 0.8;

/** The newest claims: open addressing, each entry in the first free place from that of its hash on. */
export class Table {
  readonly slots: Uint32Array;
  readonly capacity: number;
  count = 0;
  /** Newest record time in it, seconds since 1970. */
  newest = 0;
  readonly #mask: number;

  /** @param size places, a power of two. */
  constructor(size: number) {
    this.slots = new Uint32Array(size * entryWords);
    this.capacity = Math.floor(size * fullness);
    this.#mask = size - 1;
  }

  /** The word where the id lies; where it is not, the free place for it, as a negative number less one. */
  find(entries: Uint32Array, at: number, hash: number): number {
    const { slots } = this;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const place = slot * entryWords;
      if (slots[place + 7] === 0) return -place - 1;
      if (sameId(slots, place, entries, at)) return place;
    }
  }

  /** Puts an entry where `find` said that it is not. */
  put(entries: Uint32Array, at: number, free: number): void {
    const place = -free - 1;
    for (let i = 0; i < entryWords; i++) this.slots[place + i] = entries[at + i] as number;
    this.count++;
    this.newest = Math.max(this.newest, entries[at + 7] as number);
  }
}
