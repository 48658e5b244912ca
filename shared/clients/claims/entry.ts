/**
 * A claim as it travels and lies in files: 32 bytes, eight little-endian words.
 *
 * | words | |
 * |---|---|
 * | 0–3 | the event id's 16 bytes |
 * | 4, 5 | offset: low 32 bits; high 21 bits, and above them the number of the topic |
 * | 6 | partition |
 * | 7 | record time in seconds since 1970; never 0, which marks a free place in a table |
 */
export const entryWords = 8;
export const entryBytes = entryWords * 4;

/** Topics are told apart up to here; whatever is beyond shares the last number. */
export const mostTopics = 2047;

/** Where a record stands, or first stood. */
export interface Place {
  topicId: string;
  partition: number;
  offset: number;
}

/** One event that asks whether its id is its own. */
export interface Claim extends Place {
  /** Lower-case UUID. */
  eventId: string;
  /** Kafka time of the record, milliseconds since 1970. */
  recordMs: number;
}

const high = 0x1_0000_0000;

/** Writes a claim at entry `index`; `topic` is the number of its topic. */
export function writeEntry(entries: Uint32Array, index: number, claim: Claim, topic: number): void {
  const at = index * entryWords;
  const { eventId: id, offset } = claim;
  entries[at] = Number.parseInt(id.slice(0, 8), 16);
  entries[at + 1] = Number.parseInt(id.slice(9, 13) + id.slice(14, 18), 16);
  entries[at + 2] = Number.parseInt(id.slice(19, 23) + id.slice(24, 28), 16);
  entries[at + 3] = Number.parseInt(id.slice(28), 16);
  entries[at + 4] = offset % high;
  entries[at + 5] = Math.floor(offset / high) + topic * 0x20_0000;
  entries[at + 6] = claim.partition;
  entries[at + 7] = Math.max(1, Math.floor(claim.recordMs / 1000));
}

/** The event id of an entry. */
export function idOf(entries: Uint32Array, index: number): string {
  const at = index * entryWords;
  let hex = '';
  for (let i = at; i < at + 4; i++) hex += (entries[i] as number).toString(16).padStart(8, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The place of an entry, by the names of the topics. */
export function placeOf(entries: Uint32Array, index: number, topics: readonly string[]): Place {
  const at = index * entryWords;
  const upper = entries[at + 5] as number;
  return {
    topicId: topics[upper >>> 21] ?? 'other',
    partition: entries[at + 6] as number,
    offset: (upper & 0x1f_ffff) * high + (entries[at + 4] as number),
  };
}

/** The number of an entry's topic. */
export const topicOf = (entries: Uint32Array, index: number): number =>
  (entries[index * entryWords + 5] as number) >>> 21;

/** Gives an entry another number for its topic. */
export function setTopic(entries: Uint32Array, index: number, topic: number): void {
  const at = index * entryWords + 5;
  entries[at] = ((entries[at] as number) & 0x1f_ffff) + topic * 0x20_0000;
}
