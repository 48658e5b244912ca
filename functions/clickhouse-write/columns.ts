import { copyBytes } from '../../shared/bytes/copy-bytes.ts';

/** Columns of ClickHouse's Native format, https://clickhouse.com/docs/interfaces/formats/Native, little-endian. */

/** Writes a variable-length unsigned integer and returns the position after it. */
export function writeVarUInt(bytes: Buffer, at: number, value: number): number {
  let rest = value;
  let position = at;
  while (rest >= 0x80) {
    bytes[position++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[position++] = rest;
  return position;
}

/** Whole numbers of 2 or 8 bytes, or raw values of 16. */
export class NumberColumn {
  readonly bytes: Buffer;
  #end = 0;

  constructor(rows: number, size: 2 | 8 | 16) {
    this.bytes = Buffer.allocUnsafe(rows * size);
  }

  append16(value: number): void {
    this.bytes[this.#end] = value;
    this.bytes[this.#end + 1] = value >> 8;
    this.#end += 2;
  }

  /** Exact up to ±2^53. */
  append64(value: number): void {
    const high = Math.floor(value / 0x1_0000_0000);
    this.#append32(value - high * 0x1_0000_0000);
    this.#append32(high);
  }

  appendBig(value: bigint): void {
    this.#end = this.bytes.writeBigInt64LE(value, this.#end);
  }

  /** A UUID from its 36 characters: two numbers of 64 bits, the lower byte first. */
  appendUuid(text: Buffer, start: number): void {
    for (let half = 0; half < 2; half++) {
      for (let i = 7; i >= 0; i--) {
        const at = start + (hexPlaces[half * 8 + i] as number);
        this.bytes[this.#end++] = (hexDigit(text[at] as number) << 4) | hexDigit(text[at + 1] as number);
      }
    }
  }

  #append32(value: number): void {
    const { bytes } = this;
    bytes[this.#end] = value;
    bytes[this.#end + 1] = value >>> 8;
    bytes[this.#end + 2] = value >>> 16;
    bytes[this.#end + 3] = value >>> 24;
    this.#end += 4;
  }
}

/** Where the sixteen bytes of a UUID stand in its text. */
const hexPlaces = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

const hexDigit = (byte: number): number => (byte < 0x3a ? byte - 0x30 : byte - 0x57);

/** Texts in UTF-8, each behind its length. */
export class TextColumn {
  #bytes: Buffer;
  #end = 0;

  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(Math.max(room, 64));
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** A text that is bytes already. */
  append(from: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#makeRoom(length + 5);
    const at = writeVarUInt(this.#bytes, this.#end, length);
    this.#end = copyBytes(from, start, end, this.#bytes, at);
  }

  appendText(text: string): void {
    const length = Buffer.byteLength(text);
    this.#makeRoom(length + 5);
    const at = writeVarUInt(this.#bytes, this.#end, length);
    this.#end = at + this.#bytes.write(text, at);
  }

  #makeRoom(more: number): void {
    if (this.#bytes.length - this.#end >= more) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + more));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}
