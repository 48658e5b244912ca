import { headersOf, readRecordList } from '../clients/kafka-protocol/record-list.ts';
import { type FetchedRecord, recordKey, recordValue } from '../clients/kafka-protocol/records.ts';
import { writeVarint } from '../clients/kafka-protocol/varint.ts';
import type { BatchResult, OutputRecord } from './types.ts';

/** The result of a function that exports `takesBytes`. */
export interface BytesResult extends Pick<BatchResult, 'batchItemFailures'> {
  records?: OutputList;
}

/** Writes key and value of an output, each from a position on, and returns the position after it. */
export interface OutputWriter {
  /** The largest size that key and value have. */
  readonly keyRoom: number;
  readonly valueRoom: number;
  writeKey(bytes: Buffer, at: number): number;
  writeValue(bytes: Buffer, at: number): number;
}

/** What a record's own lengths, offset and header count can take. */
const FRAME_BYTES = 64;

/**
 * Outputs of a batch that are written into the form they travel in as they come, one behind the other: thousands of
 * them that live as objects until the answer is sent cost more to collect than to make.
 */
export class OutputList {
  /** What the offsets in the list are relative to. */
  readonly baseOffset: number;
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #end = 0;
  /** Where each output ends. */
  readonly #ends: number[] = [];

  constructor(baseOffset: number) {
    this.baseOffset = baseOffset;
  }

  get count(): number {
    return this.#ends.length;
  }

  /** As they stand in Kafka's batches of format 2. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Appends an output; key and value are text. */
  append(
    { key, value, headers }: { key: string; value: string; headers?: OutputRecord['headers'] },
    sourceOffset: number,
  ): void {
    const named = headers?.flatMap(Object.entries<number[]>) ?? [];
    const headerBytes = named.reduce((sum, [name, bytes]) => sum + name.length * 3 + bytes.length + 10, 0);
    const room = FRAME_BYTES + (key.length + value.length) * 3 + headerBytes;
    const start = this.#begin(room);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, start + 2, sourceOffset - this.baseOffset);
    at = writeText(bytes, at, key);
    at = writeText(bytes, at, value);
    at = writeVarint(bytes, at, named.length);
    for (const [name, value] of named) {
      at = writeText(bytes, at, name);
      at = writeVarint(bytes, at, value.length);
      for (const byte of value) bytes[at++] = byte;
    }
    this.#finish(start, at);
  }

  /** Appends an output without headers whose key and value need not become text. */
  appendWritten(writer: OutputWriter, sourceOffset: number): void {
    const { keyRoom, valueRoom } = writer;
    const start = this.#begin(FRAME_BYTES + keyRoom + valueRoom);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, start + 2, sourceOffset - this.baseOffset);
    const key = at + lengthSize(keyRoom);
    at = writer.writeKey(bytes, key);
    writePadded(bytes, key, at - key, lengthSize(keyRoom));
    const value = at + lengthSize(valueRoom);
    at = writer.writeValue(bytes, value);
    writePadded(bytes, value, at - value, lengthSize(valueRoom));
    bytes[at++] = 0;
    this.#finish(start, at);
  }

  /** The list without the outputs of these places in it. */
  without(left: ReadonlySet<number>): OutputList {
    const kept = new OutputList(this.baseOffset);
    kept.#makeRoom(this.#end);
    let start = 0;
    for (const [index, end] of this.#ends.entries()) {
      if (!left.has(index)) {
        kept.#end += this.#bytes.copy(kept.#bytes, kept.#end, start, end);
        kept.#ends.push(kept.#end);
      }
      start = end;
    }
    return kept;
  }

  /** The outputs as objects. */
  records(): OutputRecord<Buffer>[] {
    const found: FetchedRecord[] = [];
    const base = { offset: this.baseOffset, timestamp: 0, logAppendTime: false };
    readRecordList({ bytes: this.bytes, at: 0 }, this.count, base, Number.NEGATIVE_INFINITY, found);
    return found.map((record) => {
      const [key, value] = [recordKey(record), recordValue(record)];
      const headers = headersOf(record).map(([name, bytes]) => ({ [name.toString()]: [...(bytes ?? [])] }));
      return {
        ...(key === null ? {} : { key }),
        ...(value === null ? {} : { value }),
        ...(headers.length === 0 ? {} : { headers }),
        sourceOffset: record.offset,
      };
    });
  }

  /** Makes room for an output of at most `room` bytes; where it begins behind its length. */
  #begin(room: number): number {
    this.#makeRoom(room);
    const start = this.#end + lengthSize(room);
    // Attributes and the time, which the list does not tell.
    this.#bytes[start] = 0;
    this.#bytes[start + 1] = 0;
    return start;
  }

  #finish(start: number, end: number): void {
    writePadded(this.#bytes, start, end - start, start - this.#end);
    this.#end = end;
    this.#ends.push(end);
  }

  #makeRoom(more: number): void {
    if (this.#bytes.length - this.#end >= more) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + more));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

function writeText(bytes: Buffer, at: number, text: string): number {
  const size = lengthSize(text.length * 3);
  const end = at + size + bytes.write(text, at + size);
  writePadded(bytes, at + size, end - at - size, size);
  return end;
}

/** A length in front is known when the rest is written; its own size follows from the largest that it can be. */
function lengthSize(most: number): number {
  return most < 64 ? 1 : most < 8192 ? 2 : most < 1_048_576 ? 3 : 5;
}

/** A length as a varint in exactly the `size` bytes in front of `start`, which a reader takes like a shorter one. */
function writePadded(bytes: Buffer, start: number, length: number, size: number): void {
  let rest = length * 2;
  let at = start - size;
  for (; at < start - 1; at++) {
    bytes[at] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at] = rest;
}
