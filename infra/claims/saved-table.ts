import { closeSync, openSync, readSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { entryBytes, entryWords } from '../../shared/clients/claims/entry.ts';
import { sameId, type Table } from './table.ts';

/** Places that one look reads: 2 KiB. */
const piece = 64;

/** A full table as a file, which is its memory as it was: asked by reading where the hash points. */
export class SavedTable {
  readonly number: number;
  /** Newest record time in it, seconds since 1970. */
  readonly newest: number;
  readonly file: string;
  /** The entry that `find` found. */
  readonly found = new Uint32Array(entryWords);
  readonly #descriptor: number;
  readonly #size: number;
  readonly #words = new Uint32Array(piece * entryWords);
  readonly #bytes = Buffer.from(this.#words.buffer);

  constructor(options: { number: number; newest: number; file: string; size: number }) {
    this.number = options.number;
    this.newest = options.newest;
    this.file = options.file;
    this.#size = options.size;
    this.#descriptor = openSync(options.file, 'r');
  }

  /** Whether the id is here; its entry is in `found` then. */
  find(entries: Uint32Array, at: number, hash: number): boolean {
    let slot = hash & (this.#size - 1);
    for (;;) {
      // Never beyond the end, where the first place follows.
      const places = Math.min(piece, this.#size - slot);
      readSync(this.#descriptor, this.#bytes, 0, places * entryBytes, slot * entryBytes);
      for (let word = 0; word < places * entryWords; word += entryWords) {
        if (this.#words[word + 7] === 0) return false;
        if (!sameId(this.#words, word, entries, at)) continue;
        this.found.set(this.#words.subarray(word, word + entryWords));
        return true;
      }
      slot = (slot + places) % this.#size;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Writes a file aside, flushes it to the disk and renames it: it is there whole, or not at all. */
export async function writeWhole(file: string, content: Uint8Array): Promise<void> {
  const aside = await open(`${file}.new`, 'w');
  try {
    await aside.writeFile(content);
    await aside.sync();
  } finally {
    await aside.close();
  }
  await rename(`${file}.new`, file);
}

export const bytesOf = (words: Uint32Array): Buffer =>
  Buffer.from(words.buffer, words.byteOffset, words.byteLength);

/** The bytes of a table's places. */
export const contentOf = (table: Table): Buffer => bytesOf(table.slots);
