import { copyBytes } from '../../bytes/copy-bytes.ts';
import type { FetchedRecord, HeaderList, NewRecord, WritableRecord } from './records.ts';
import { type Cursor, readVarint, varintSize, writeVarint } from './varint.ts';

/**
 * Records as they stand behind the header of a batch of format 2, https://kafka.apache.org/documentation/#record:
 * length, attributes (unused), time and offset as differences, then key, value and headers.
 */

/** What the times and offsets of a list of records are differences to. */
export interface RecordBase {
  offset: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  logAppendTime: boolean;
  /** One time for all, whatever they say of their own. */
  appendedAtMs?: number;
}

/**
 * Appends `count` records whose offset is at least `fromOffset`.
 *
 * @throws RangeError when a record ends outside of the bytes or a part of it outside of the record.
 */
export function readRecordList(
  cursor: Cursor,
  count: number,
  base: RecordBase,
  fromOffset: number,
  into: FetchedRecord[],
): void {
  const { bytes } = cursor;
  for (let i = 0; i < count; i++) {
    const size = readVarint(cursor);
    const end = cursor.at + size;
    if (!(size > 0 && end <= bytes.length)) throw new RangeError('A record ends outside its batch');
    cursor.at += 1;
    const timestampDelta = readVarint(cursor);
    const offset = base.offset + readVarint(cursor);
    const bodyStart = cursor.at;
    const keyLength = readVarint(cursor);
    const keyStart = keyLength < 0 ? -1 : cursor.at;
    if (keyLength > 0) cursor.at += keyLength;
    const keyEnd = cursor.at;
    const valueLength = readVarint(cursor);
    const valueStart = valueLength < 0 ? -1 : cursor.at;
    if (valueLength > 0) cursor.at += valueLength;
    const valueEnd = cursor.at;
    const headerCount = readVarint(cursor);
    const headersStart = cursor.at;
    if (headersStart > end) throw new RangeError('A part of a record ends outside of it');
    cursor.at = end;
    if (offset < fromOffset) continue;
    into.push({
      offset,
      timestamp: base.appendedAtMs ?? base.timestamp + timestampDelta,
      logAppendTime: base.logAppendTime,
      bytes,
      bodyStart,
      keyStart,
      keyEnd,
      valueStart,
      valueEnd,
      headersStart,
      headerCount,
      end,
      size,
    });
  }
}

/** The headers of a fetched record, in their order; names may repeat. */
export function headersOf(record: FetchedRecord): HeaderList {
  if (record.headerCount === 0) return [];
  const cursor = { bytes: record.bytes, at: record.headersStart };
  const headers: [Buffer, Buffer | null][] = [];
  for (let i = 0; i < record.headerCount; i++) {
    const nameLength = readVarint(cursor);
    const name = record.bytes.subarray(cursor.at, cursor.at + nameLength);
    cursor.at += nameLength;
    const valueLength = readVarint(cursor);
    const value = valueLength < 0 ? null : record.bytes.subarray(cursor.at, cursor.at + valueLength);
    if (valueLength > 0) cursor.at += valueLength;
    headers.push([name, value]);
  }
  return headers;
}

/** Bytes that a record takes in a list, at most. */
export function recordSize(record: WritableRecord): number {
  if ('copied' in record) return 40 + record.copied.end - record.copied.bodyStart;
  let size = 40 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers) size += 10 + name.length + (value?.length ?? 0);
  return size;
}

/** Writes a record at `at` and returns the position after it; there are `recordSize` bytes of room. */
export function writeRecord(
  bytes: Buffer,
  at: number,
  record: NewRecord,
  timestampDelta: number,
  offsetDelta: number,
): number {
  let position = writeVarint(bytes, at, bodySize(record, timestampDelta, offsetDelta));
  bytes[position++] = 0;
  position = writeVarint(bytes, position, timestampDelta);
  position = writeVarint(bytes, position, offsetDelta);
  position = writeBytes(bytes, position, record.key);
  position = writeBytes(bytes, position, record.value);
  position = writeVarint(bytes, position, record.headers.length);
  for (const [name, value] of record.headers) {
    position = writeBytes(bytes, position, name);
    position = writeBytes(bytes, position, value);
  }
  return position;
}

/** The same for a record that was fetched: key, value and headers are copied as they stand. */
export function copyRecord(
  bytes: Buffer,
  at: number,
  record: FetchedRecord,
  timestampDelta: number,
  offsetDelta: number,
): number {
  const rest = record.end - record.bodyStart;
  let position = writeVarint(bytes, at, 1 + varintSize(timestampDelta) + varintSize(offsetDelta) + rest);
  bytes[position++] = 0;
  position = writeVarint(bytes, position, timestampDelta);
  position = writeVarint(bytes, position, offsetDelta);
  record.bytes.copy(bytes, position, record.bodyStart, record.end);
  return position + rest;
}

/**
 * Whether a record may be copied as it stands: it has key, value and no headers, and nothing else than `writeRecord`
 * would write. A broker refuses what is not quite so, and with it all else in the batch.
 */
export function isPlainRecord(record: FetchedRecord): boolean {
  const { bodyStart, keyStart, keyEnd, valueStart, valueEnd, headersStart, headerCount, end } = record;
  if (keyStart < 0 || valueStart < 0 || headerCount !== 0 || headersStart !== end) return false;
  return (
    keyStart - bodyStart === varintSize(keyEnd - keyStart) &&
    valueStart - keyEnd === varintSize(valueEnd - valueStart) &&
    headersStart - valueEnd === 1
  );
}

function bodySize(record: NewRecord, timestampDelta: number, offsetDelta: number): number {
  let size = 1 + varintSize(timestampDelta) + varintSize(offsetDelta) + varintSize(record.headers.length);
  size += record.key === null ? 1 : varintSize(record.key.length) + record.key.length;
  size += record.value === null ? 1 : varintSize(record.value.length) + record.value.length;
  for (const [name, value] of record.headers) {
    size += varintSize(name.length) + name.length;
    size += value === null ? 1 : varintSize(value.length) + value.length;
  }
  return size;
}

function writeBytes(bytes: Buffer, at: number, value: Buffer | null): number {
  if (value === null) return writeVarint(bytes, at, -1);
  return copyBytes(value, 0, value.length, bytes, writeVarint(bytes, at, value.length));
}
