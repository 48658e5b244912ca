import type { Hash } from './table.ts';

/** Tables that one filter answers for. */
export const columns = 32;
/** Rows for each place of a table: 20 bits an id in a full one, one id in 2,000 is looked for in vain. */
const rowsPerPlace = 16;
const bitsPerId = 6;
/** An id's bits lie close together: in 2 KiB of memory. */
const blockRows = 512;

/**
 * Bloom filters of 32 tables side by side: bit `c` of every row belongs to table `c`, so one look tells which of
 * them may hold an id. It may rule out; what it rules in has to be looked for in the table.
 */
export class Filter {
  readonly rows: Uint32Array;
  readonly #blockMask: number;

  /** @param size places of a table. */
  constructor(size: number) {
    const rows = Math.max(size * rowsPerPlace, blockRows);
    this.rows = new Uint32Array(rows);
    this.#blockMask = rows / blockRows - 1;
  }

  add(hash: Hash, column: number): void {
    const bit = 1 << column;
    const block = ((hash[1] as number) & this.#blockMask) * blockRows;
    let bits = hash[2] as number;
    for (let i = 0; i < bitsPerId; i++) {
      if (i === 3) bits = spread(hash);
      const row = block + (bits & (blockRows - 1));
      this.rows[row] = (this.rows[row] as number) | bit;
      bits >>>= 9;
    }
  }

  /** Those of the tables `among` (a bit each) that may hold the id. */
  ask(hash: Hash, among: number): number {
    const block = ((hash[1] as number) & this.#blockMask) * blockRows;
    let bits = hash[2] as number;
    let maybe = among;
    for (let i = 0; i < bitsPerId && maybe !== 0; i++) {
      if (i === 3) bits = spread(hash);
      maybe &= this.rows[block + (bits & (blockRows - 1))] as number;
      bits >>>= 9;
    }
    return maybe;
  }
}

/** Bits for the second half of the rows. */
function spread(hash: Hash): number {
  const mixed = Math.imul((hash[0] as number) ^ (hash[2] as number), 0x9e3779b1);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
