import { copyBytes } from '../bytes/copy-bytes.ts';
import { type Marks, mark } from '../events/plain-clean-record.ts';
import type { SinkRecord } from './read-range.ts';

/**
 * Writes the BSON of `documentOf` straight from the bytes of a plain clean record: the same bytes as the driver's
 * serializer makes, at a tenth of the cost. Nothing is checked here; `scanPlain` has. https://bsonspec.org/spec.html
 */

const DOUBLE = 0x01;
const STRING = 0x02;
const OBJECT = 0x03;
const ARRAY = 0x04;
const BOOLEAN = 0x08;
const DATE = 0x09;
const NULL = 0x0a;
const INT32 = 0x10;

/** BSON of so many bytes of JSON: a number of an array takes two bytes there, and up to twelve here. */
export const roomOf = (valueBytes: number): number => valueBytes * 8 + 512;

const element = (type: number, name: string) =>
  Buffer.concat([Buffer.from([type]), Buffer.from(name), Buffer.from([0])]);
const heads = {
  id: element(STRING, '_id'),
  eventType: element(STRING, 'event_type'),
  timestamp: element(DATE, 'timestamp'),
  userId: Buffer.from('user_id\0'),
  sessionId: element(STRING, 'session_id'),
  country: element(STRING, 'country'),
  category: element(STRING, 'category'),
  properties: element(OBJECT, 'properties'),
  userAgent: element(STRING, 'user_agent'),
  ip: element(STRING, 'ip'),
  receivedAt: element(DATE, 'received_at'),
  source: element(OBJECT, 'source'),
  raw: element(OBJECT, 'raw'),
  clean: element(OBJECT, 'clean'),
  partition: Buffer.from('partition\0'),
  offset: Buffer.from('offset\0'),
};

/** Where reading of properties stands. */
let reading = 0;

/** @returns the position after the document; there are `roomOf` its bytes. */
export function writePlainDocument(
  out: Buffer,
  start: number,
  { value: bytes, firstMark, source }: SinkRecord,
  marks: Marks,
): number {
  const marked = (field: number) => marks[firstMark + field] as number;
  const text = (head: Buffer, at: number, field: number) =>
    writeText(out, writeBytes(out, at, head), bytes, marked(field), marked(field + 1));
  const number = (field: number) => readNumber(bytes, marked(field), marked(field + 1));

  let at = text(heads.id, start + 4, mark.eventId);
  at = text(heads.eventType, at, mark.eventType);
  at = writeDate(out, writeBytes(out, at, heads.timestamp), marked(mark.timestampMs));
  at = writeNumber(out, at, heads.userId, number(mark.userId));
  at = text(heads.sessionId, at, mark.sessionId);
  at = text(heads.country, at, mark.country);
  at = text(heads.category, at, mark.category);
  reading = marked(mark.properties);
  at = writeObject(out, writeBytes(out, at, heads.properties), bytes);
  at = text(heads.userAgent, at, mark.userAgent);
  at = text(heads.ip, at, mark.ip);
  at = writeDate(out, writeBytes(out, at, heads.receivedAt), marked(mark.receivedAtMs));
  const sourceStart = writeBytes(out, at, heads.source);
  at = writePlace(out, sourceStart + 4, heads.raw, number(mark.rawPartition), number(mark.rawOffset));
  at = writePlace(out, at, heads.clean, source.partition, source.offset);
  at = endDocument(out, sourceStart, at);
  return endDocument(out, start, at);
}

function writePlace(out: Buffer, at: number, head: Buffer, partition: number, offset: number): number {
  const start = writeBytes(out, at, head);
  const end = writeNumber(out, start + 4, heads.partition, partition);
  return endDocument(out, start, writeNumber(out, end, heads.offset, offset));
}

function endDocument(out: Buffer, start: number, at: number): number {
  out[at] = 0;
  writeInt32(out, start, at + 1 - start);
  return at + 1;
}

function writeObject(out: Buffer, start: number, bytes: Buffer): number {
  let at = start + 4;
  reading++;
  while (bytes[reading] !== 0x7d) {
    if (bytes[reading] === 0x2c) reading++;
    const keyStart = reading + 1;
    const keyEnd = quoteAfter(bytes, keyStart);
    const type = at++;
    at = copyBytes(bytes, keyStart, keyEnd, out, at);
    out[at++] = 0;
    reading = keyEnd + 2;
    at = writeValue(out, type, at, bytes);
  }
  reading++;
  return endDocument(out, start, at);
}

function writeArray(out: Buffer, start: number, bytes: Buffer): number {
  let at = start + 4;
  reading++;
  for (let index = 0; bytes[reading] !== 0x5d; index++) {
    if (bytes[reading] === 0x2c) reading++;
    const type = at++;
    at += out.write(String(index), at, 'latin1');
    out[at++] = 0;
    at = writeValue(out, type, at, bytes);
  }
  reading++;
  return endDocument(out, start, at);
}

/** Writes the value that is read next at `at`, and its type where that belongs. */
function writeValue(out: Buffer, type: number, at: number, bytes: Buffer): number {
  switch (bytes[reading]) {
    case 0x22: {
      out[type] = STRING;
      const start = reading + 1;
      const end = quoteAfter(bytes, start);
      reading = end + 1;
      return writeText(out, at, bytes, start, end);
    }
    case 0x7b:
      out[type] = OBJECT;
      return writeObject(out, at, bytes);
    case 0x5b:
      out[type] = ARRAY;
      return writeArray(out, at, bytes);
    case 0x74:
    case 0x66:
      out[type] = BOOLEAN;
      out[at] = bytes[reading] === 0x74 ? 1 : 0;
      reading += bytes[reading] === 0x74 ? 4 : 5;
      return at + 1;
    case 0x6e:
      out[type] = NULL;
      reading += 4;
      return at;
    default: {
      const start = reading;
      while (isOfNumber(bytes[reading] as number)) reading++;
      const value = readNumber(bytes, start, reading);
      out[type] = isInt32(value) ? INT32 : DOUBLE;
      return writeNumberValue(out, at, value);
    }
  }
}

const isOfNumber = (byte: number) => (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2d;

const isInt32 = (value: number) => (value | 0) === value;

/** Up to 15 digits with at most six behind the point: both numbers are exact, and so their quotient is the nearest. */
function readNumber(bytes: Buffer, start: number, end: number): number {
  let digits = 0;
  let scale = 0;
  const negative = bytes[start] === 0x2d;
  for (let i = negative ? start + 1 : start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === 0x2e) {
      scale = 1;
      continue;
    }
    digits = digits * 10 + (byte - 0x30);
    scale *= 10;
  }
  const value = scale > 1 ? digits / scale : digits;
  return negative ? -value : value;
}

function writeNumber(out: Buffer, at: number, name: Buffer, value: number): number {
  out[at] = isInt32(value) ? INT32 : DOUBLE;
  return writeNumberValue(out, writeBytes(out, at + 1, name), value);
}

function writeNumberValue(out: Buffer, at: number, value: number): number {
  return isInt32(value) ? writeInt32(out, at, value) : out.writeDoubleLE(value, at);
}

function writeInt32(out: Buffer, at: number, value: number): number {
  out[at] = value;
  out[at + 1] = value >> 8;
  out[at + 2] = value >> 16;
  out[at + 3] = value >> 24;
  return at + 4;
}

/** Milliseconds since 1970, which are never negative here. */
function writeDate(out: Buffer, at: number, ms: number): number {
  writeInt32(out, at, ms % 0x1_0000_0000);
  return writeInt32(out, at + 4, Math.floor(ms / 0x1_0000_0000));
}

function writeText(out: Buffer, at: number, bytes: Buffer, start: number, end: number): number {
  writeInt32(out, at, end - start + 1);
  const after = copyBytes(bytes, start, end, out, at + 4);
  out[after] = 0;
  return after + 1;
}

function writeBytes(out: Buffer, at: number, bytes: Buffer): number {
  for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i] as number;
  return at + bytes.length;
}

function quoteAfter(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes[end] !== 0x22) end++;
  return end;
}
