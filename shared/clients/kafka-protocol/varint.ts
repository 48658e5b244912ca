/** Kafka's variable-length integers (zigzag), read and written without garbage. */

/** A position in a buffer that reading moves on. */
export interface Cursor {
  bytes: Buffer;
  at: number;
}

/** Any signed varint that fits a JavaScript number exactly (±2^53). */
export function readVarint(cursor: Cursor): number {
  const { bytes } = cursor;
  let byte = bytes[cursor.at++] as number;
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
  let low = byte & 0x7f;
  let shift = 7;
  while (shift < 28) {
    byte = bytes[cursor.at++] as number;
    low |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
  }
  // Beyond 28 bits: go on in floating point, exact up to 2^53.
  let value = low;
  let factor = 2 ** 28;
  for (;;) {
    if (cursor.at >= bytes.length) throw new RangeError('A varint ends outside its batch');
    byte = bytes[cursor.at++] as number;
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 0x80) break;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Any varint without sign, as the compact encodings of Kafka's messages have lengths. */
export function readUnsignedVarint(cursor: Cursor): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    if (cursor.at >= cursor.bytes.length) throw new RangeError('A varint ends outside its record');
    const byte = cursor.bytes[cursor.at++] as number;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
}

export function varintSize(value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  let size = 1;
  while (rest >= 0x80) {
    rest = Math.floor(rest / 128);
    size++;
  }
  return size;
}

/** Writes at `at` and returns the position after it. */
export function writeVarint(bytes: Buffer, at: number, value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  let position = at;
  while (rest >= 0x80) {
    bytes[position++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[position++] = rest;
  return position;
}
