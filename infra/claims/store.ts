import { randomBytes } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { entryBytes, entryWords, mostTopics, setTopic, topicOf } from '../../shared/clients/claims/entry.ts';
import type { ClaimRequest } from '../../shared/clients/claims/request.ts';
import { messageOf, PipelineError } from '../../shared/errors/index.ts';
import { columns, Filter } from './filter.ts';
import { bytesOf, contentOf, SavedTable, writeWhole } from './saved-table.ts';
import { type Hash, hashId, samePlace, Table } from './table.ts';

/** Claims that are another's: the entry of the batch, and the entry that holds its id. */
export interface Held {
  index: number;
  holder: Uint32Array;
}

export interface Store {
  /** Names of topics by their number in an entry. */
  readonly topics: readonly string[];
  /** Ids that are kept, those on disk counted as full tables. */
  count(): number;
  /** Newest record time of any claim, seconds since 1970; 0 when there is none. */
  newest(): number;
  /**
   * Claims every id for its place, in order. When it resolves, each new claim has been handed to the operating system.
   * One call at a time. A failure to write leaves claims that are not in the log: the process has to end.
   */
  claim(request: ClaimRequest): Promise<Held[]>;
  /** Lets go of tables whose newest claim is older than this, seconds since 1970; answers how many. */
  dropOlderThan(seconds: number): number;
  /** Bytes of memory in tables and filters. */
  memory(): number;
  close(): Promise<void>;
}

/** Places of a table: 33 MB of memory, 838,000 claims. A power of two. */
const defaultSize = 2 ** 20;
const description = 'claims.json';

/** What a folder says of itself; it is there once the folder is whole. */
interface Description {
  version: 1;
  seed: number;
  size: number;
  topics: string[];
}

/**
 * Opens the folder of claims; answers undefined when it holds none, or an attempt to fill one that broke off.
 *
 * Files, by the number n of the table:
 * - `n.log`: the claims of a table that is still in memory, appended before each answer. One that was torn by a
 *   kill was not answered; whole entries of it are good claims, since the same places will ask again.
 * - `n.<newest>.table`: a full table. Written aside and renamed; only then the log goes.
 * - `g.filter`: the filter of tables 32g to 32g+31, once all of them are full. Made anew from the tables if it is not there.
 */
export async function openStore(folder: string): Promise<Store | undefined> {
  let text: string;
  try {
    text = readFileSync(join(folder, description), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return await openWith(folder, JSON.parse(text) as Description);
  } catch (error) {
    throw new PipelineError(
      'CLAIMS_FOLDER',
      `${folder} cannot be read (${messageOf(error)}): remove it, and it is made anew from events_clean`,
      { cause: error },
    );
  }
}

/**
 * Empties the folder and lets `fill` put claims in; only when that is done the folder counts as whole.
 *
 * @param size places of a table, a power of two.
 */
export async function createStore(
  folder: string,
  fill: (store: Store) => Promise<void>,
  { size = defaultSize }: { size?: number } = {},
): Promise<Store> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const store = await openWith(
    folder,
    { version: 1, seed: randomBytes(4).readInt32LE(), size, topics: [] },
    false,
  );
  await fill(store);
  await store.finish();
  return store;
}

async function openWith(
  folder: string,
  { seed, size, topics }: Description,
  whole = true,
): Promise<Store & { finish(): Promise<void> }> {
  const saved: SavedTable[] = [];
  const filters = new Map<number, Filter>();
  /** Tables in memory, oldest first; the last one takes new claims. */
  const inMemory: { number: number; table: Table; log: number }[] = [];
  const hash: Hash = new Uint32Array(3);
  let described = whole;
  let saving: Promise<void> = Promise.resolve();

  const groupOf = (number: number) => Math.floor(number / columns);
  const path = (name: string) => join(folder, name);
  const head = () => inMemory.at(-1) as (typeof inMemory)[number];
  const filterOf = (number: number): Filter => {
    const group = groupOf(number);
    const known = filters.get(group) ?? new Filter(size);
    filters.set(group, known);
    return known;
  };

  const describe = () =>
    writeWhole(
      path(description),
      Buffer.from(JSON.stringify({ version: 1, seed, size, topics } satisfies Description)),
    );

  function begin(number: number): void {
    inMemory.push({ number, table: new Table(size), log: openSync(path(`${number}.log`), 'a') });
  }

  /** Reads what is there. */
  async function load(): Promise<void> {
    const logs: number[] = [];
    for (const name of readdirSync(folder)) {
      const table = /^(\d+)\.(\d+)\.table$/.exec(name);
      const log = /^(\d+)\.log$/.exec(name);
      if (table)
        saved.push(
          new SavedTable({ number: Number(table[1]), newest: Number(table[2]), file: path(name), size }),
        );
      else if (log) logs.push(Number(log[1]));
      else if (name.endsWith('.new')) unlinkSync(path(name));
    }
    saved.sort((a, b) => a.number - b.number);
    for (const group of new Set(saved.map(({ number }) => groupOf(number)))) loadFilter(group);
    for (const number of logs.sort((a, b) => a - b)) {
      // Killed between the renaming of the table and the end of its log.
      if (saved.some((table) => table.number === number)) unlinkSync(path(`${number}.log`));
      else replay(number);
    }
    if (inMemory.length === 0) begin((saved.at(-1)?.number ?? -1) + 1);
    while (inMemory.length > 1) await save();
  }

  function loadFilter(group: number): void {
    const filter = new Filter(size);
    filters.set(group, filter);
    const file = path(`${group}.filter`);
    try {
      const bytes = readFileSync(file);
      if (bytes.length === filter.rows.byteLength) {
        bytesOf(filter.rows).set(bytes);
        return;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    for (const table of saved.filter(({ number }) => groupOf(number) === group)) {
      const entries = wordsOf(readFileSync(table.file));
      for (let at = 0; at < entries.length; at += entryWords) {
        if (entries[at + 7] === 0) continue;
        hashId(entries, at, seed, hash);
        filter.add(hash, table.number % columns);
      }
    }
  }

  function replay(number: number): void {
    const entries = wordsOf(readFileSync(path(`${number}.log`)));
    begin(number);
    ftruncateSync(head().log, entries.byteLength);
    for (let at = 0; at < entries.length; at += entryWords) {
      hashId(entries, at, seed, hash);
      const place = head().table.find(entries, at, hash[0] as number);
      if (place < 0) insert(entries, at, place);
    }
  }

  function insert(entries: Uint32Array, at: number, free: number): void {
    const { table, number } = head();
    table.put(entries, at, free);
    filterOf(number).add(hash, number % columns);
  }

  /** Writes the oldest table in memory as a file. */
  async function save(): Promise<void> {
    const { number, table, log } = inMemory[0] as (typeof inMemory)[number];
    const file = path(`${number}.${table.newest}.table`);
    await writeWhole(file, contentOf(table));
    saved.push(new SavedTable({ number, newest: table.newest, file, size }));
    inMemory.shift();
    closeSync(log);
    unlinkSync(path(`${number}.log`));
    const group = groupOf(number);
    const filter = filters.get(group);
    if (number % columns === columns - 1 && filter)
      await writeWhole(path(`${group}.filter`), bytesOf(filter.rows));
  }

  /** Room for `count` more claims in the newest table; at most one full table is being written at a time. */
  async function makeRoom(count: number): Promise<void> {
    const { table, number } = head();
    if (table.count + count <= table.capacity) return;
    if (count > table.capacity) {
      throw new PipelineError(
        'CLAIMS_BATCH',
        `a batch of ${count} claims, at most ${table.capacity} are allowed`,
      );
    }
    await saving;
    begin(number + 1);
    saving = save();
    // Seen by who waits for it next.
    saving.catch(() => {});
  }

  /** The entry that holds the id, wherever it is; -1 where none does. The hash is that of the id. */
  function holderOf(entries: Uint32Array, at: number): { slots: Uint32Array; place: number } | undefined {
    for (let i = inMemory.length - 2; i >= 0; i--) {
      const { table } = inMemory[i] as (typeof inMemory)[number];
      const place = table.find(entries, at, hash[0] as number);
      if (place >= 0) return { slots: table.slots, place };
    }
    let group = -1;
    let maybe = 0;
    for (let i = saved.length - 1; i >= 0; i--) {
      const table = saved[i] as SavedTable;
      if (groupOf(table.number) !== group) {
        group = groupOf(table.number);
        maybe = filters.get(group)?.ask(hash, -1) ?? 0;
      }
      if ((maybe & (1 << (table.number % columns))) === 0) continue;
      if (table.find(entries, at, hash[0] as number)) return { slots: table.found, place: 0 };
    }
    return undefined;
  }

  /** The numbers here of a request's topics. New ones are written down before a claim bears their number. */
  async function numberTopics({ topics: named, entries }: ClaimRequest): Promise<void> {
    const fresh = named
      .filter((topic) => !topics.includes(topic))
      .slice(0, Math.max(0, mostTopics - topics.length));
    if (fresh.length > 0) {
      topics.push(...fresh);
      if (described) await describe();
    }
    const numbers = named.map((topic) => topics.indexOf(topic));
    for (let index = 0; index < entries.length / entryWords; index++) {
      const known = numbers[topicOf(entries, index)] ?? -1;
      setTopic(entries, index, known < 0 ? mostTopics : known);
    }
  }

  await load();
  return {
    topics,
    count: () =>
      inMemory.reduce((sum, { table }) => sum + table.count, saved.length * Math.floor(size * 0.8)),
    newest: () =>
      Math.max(...inMemory.map(({ table }) => table.newest), ...saved.map(({ newest }) => newest)),
    memory: () =>
      inMemory.length * size * entryBytes +
      [...filters.values()].reduce((sum, { rows }) => sum + rows.byteLength, 0),
    async claim(request) {
      const { entries } = request;
      const count = entries.length / entryWords;
      await makeRoom(count);
      await numberTopics(request);
      const { table, log } = head();
      const held: Held[] = [];
      const added = new Uint32Array(entries.length);
      let end = 0;
      for (let index = 0; index < count; index++) {
        const at = index * entryWords;
        hashId(entries, at, seed, hash);
        const place = table.find(entries, at, hash[0] as number);
        const holder = place >= 0 ? { slots: table.slots, place } : holderOf(entries, at);
        if (holder === undefined) {
          insert(entries, at, place);
          for (let i = 0; i < entryWords; i++) added[end++] = entries[at + i] as number;
        } else if (!samePlace(holder.slots, holder.place, entries, at)) {
          held.push({ index, holder: holder.slots.slice(holder.place, holder.place + entryWords) });
        }
      }
      if (end > 0) append(log, bytesOf(added.subarray(0, end)));
      return held;
    },
    dropOlderThan(seconds) {
      const gone = saved.filter(({ newest }) => newest < seconds);
      for (const table of gone) {
        saved.splice(saved.indexOf(table), 1);
        table.close();
        unlinkSync(table.file);
      }
      const kept = new Set([...saved, ...inMemory].map(({ number }) => groupOf(number)));
      for (const group of filters.keys()) {
        if (kept.has(group)) continue;
        filters.delete(group);
        // Without it the next start would make it anew; one that never was full has none.
        try {
          unlinkSync(path(`${group}.filter`));
        } catch {}
      }
      return gone.length;
    },
    async finish() {
      await saving;
      await describe();
      described = true;
    },
    async close() {
      await saving;
      for (const { log } of inMemory) closeSync(log);
      for (const table of saved) table.close();
    },
  };
}

function append(log: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(log, bytes, written);
}

/** Whole entries of a file; what a kill has torn off is left out. */
function wordsOf(bytes: Buffer): Uint32Array {
  const words = new Uint32Array(Math.floor(bytes.length / entryBytes) * entryWords);
  bytes.copy(bytesOf(words), 0, 0, words.byteLength);
  return words;
}
