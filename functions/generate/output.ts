import { copyBytes } from '../../shared/bytes/copy-bytes.ts';
import { writeAscii } from '../../shared/bytes/write-ascii.ts';

/**
 * Where events are written as bytes, one behind the other: text that is put together as a string costs three times as much,
 * most of it when it becomes bytes after all.
 */
export interface Output {
  bytes: Buffer;
  at: number;
}

const pieceBytes = 256 * 1024;

/** The largest event that is accepted; see `shared/events/limits.ts`. */
const roomBytes = 64 * 1024;

export function newOutput(): Output {
  return { bytes: Buffer.alloc(0), at: 0 };
}

/** Sees to room for one more event; what was written before stays where it is. */
export function makeRoom(output: Output): void {
  if (output.bytes.length - output.at >= roomBytes) return;
  output.bytes = Buffer.allocUnsafeSlow(pieceBytes);
  output.at = 0;
}

/**
 * What was written from `start` on.
 *
 * @throws RangeError when it did not fit into the room there was.
 */
export function written({ bytes, at }: Output, start: number): Buffer {
  if (at >= bytes.length) throw new RangeError('An event is larger than 64 KiB');
  return bytes.subarray(start, at);
}

export function putBytes(output: Output, bytes: Buffer): void {
  output.at = copyBytes(bytes, 0, bytes.length, output.bytes, output.at);
}

export function putText(output: Output, text: string): void {
  output.at += output.bytes.write(text, output.at);
}

/** A short text of ASCII characters alone, such as a number's. */
export function putAscii(output: Output, text: string): void {
  output.at = writeAscii(output.bytes, output.at, text);
}

const hexDigits = Buffer.from('0123456789abcdef');

/** The lower bits of a whole number below 2^32, as so many hexadecimal digits. */
export function putHex(output: Output, value: number, digits: number): void {
  for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    output.bytes[output.at++] = hexDigits[(value >>> shift) & 0xf] as number;
  }
}
