import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../../shared/clients/claims/entry.ts';

/** A record that was left out because its id is another's. */
export interface Duplicate {
  event_id: string;
  /** Where the record stands that was left out. */
  place: Place;
  /** Where the record stands that counts. */
  holder: Place;
  seen_at: string;
}

export interface Duplicates {
  add(found: readonly Duplicate[]): void;
  /** The newest first, each once however often it was asked for. */
  list(limit: number): Duplicate[];
  close(): void;
}

const newestFile = 'duplicates.ndjson';
const olderFile = 'duplicates.older.ndjson';

/** The newest duplicates, a line each, in two files of at most `maxBytes`: the older half goes when the newer is full. */
export function openDuplicates(folder: string, { maxBytes = 16 * 1024 * 1024 } = {}): Duplicates {
  mkdirSync(folder, { recursive: true });
  const path = (name: string) => join(folder, name);
  let file = openSync(path(newestFile), 'a');

  return {
    add(found) {
      if (found.length === 0) return;
      if (fstatSync(file).size > maxBytes) {
        closeSync(file);
        renameSync(path(newestFile), path(olderFile));
        file = openSync(path(newestFile), 'a');
      }
      // A line of its own first: what a kill has torn off must not take the next one with it.
      writeSync(file, `\n${found.map((each) => JSON.stringify(each)).join('\n')}\n`);
    },
    list(limit) {
      const listed = new Map<string, Duplicate>();
      for (const name of [newestFile, olderFile]) {
        if (!existsSync(path(name))) continue;
        for (const line of readFileSync(path(name), 'utf8').split('\n').reverse()) {
          if (listed.size >= limit) break;
          const found = parse(line);
          if (found)
            listed.set(JSON.stringify(found.place), listed.get(JSON.stringify(found.place)) ?? found);
        }
      }
      return [...listed.values()];
    },
    close: () => closeSync(file),
  };
}

function parse(line: string): Duplicate | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Duplicate);
  } catch {
    return undefined;
  }
}
