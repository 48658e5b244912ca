import { headersOf, readRecordList } from '../clients/kafka-protocol/record-list.ts';
import { type FetchedRecord, recordKey, recordValue } from '../clients/kafka-protocol/records.ts';
import { writeVarint } from '../clients/kafka-protocol/varint.ts';
import type { BatchResult, OutputRecord } from './types.ts';

/** The result of a function that exports `takesBytes`. */
export interface BytesResult extends Pick<BatchResult, 'batchItemFailures'> {
  records?: OutputList;
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
    const valueBytes = Buffer.byteLength(value);
    const room = FRAME_BYTES + key.length * 3 + valueBytes + headerBytes;
    this.#makeRoom(room);
    const bytes = this.#bytes;
    // The length in front is known when the rest is written; its own size follows from the largest it can have.
    const lengthSize = room < 64 ? 1 : room < 8192 ? 2 : room < 1_048_576 ? 3 : 5;
    const start = this.#end + lengthSize;
    let at = start;
    bytes[at++] = 0;
    bytes[at++] = 0;
    at = writeVarint(bytes, at, sourceOffset - this.baseOffset);
    at = writeText(bytes, at, key);
    at = writeVarint(bytes, at, valueBytes);
    at += bytes.write(value, at);
    at = writeVarint(bytes, at, named.length);
    for (const [name, value] of named) {
      at = writeText(bytes, at, name);
      at = writeVarint(bytes, at, value.length);
      for (const byte of value) bytes[at++] = byte;
    }
    writePadded(bytes, this.#end, at - start, lengthSize);
    this.#end = at;
    this.#ends.push(at);
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

  #makeRoom(more: number): void {
    if (this.#bytes.length - this.#end >= more) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + more));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

function writeText(bytes: Buffer, at: number, text: string): number {
  const start = writeVarint(bytes, at, Buffer.byteLength(text));
  return start + bytes.write(text, start);
}

/** A varint in exactly `size` bytes, which a reader takes like a shorter one. */
function writePadded(bytes: Buffer, at: number, value: number, size: number): void {
  let rest = value * 2;
  for (let i = 0; i < size - 1; i++) {
    bytes[at + i] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at + size - 1] = rest;
}
