import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { committedRecords } from '../../../shared/clients/kafka-protocol/committed-records.ts';
import {
  encodeBatch,
  readBatchHeader,
  readRecords,
} from '../../../shared/clients/kafka-protocol/record-batch.ts';
import { headersOf } from '../../../shared/clients/kafka-protocol/record-list.ts';
import {
  type FetchedRecord,
  type NewRecord,
  recordKey,
  recordValue,
} from '../../../shared/clients/kafka-protocol/records.ts';
import { readVarint, varintSize, writeVarint } from '../../../shared/clients/kafka-protocol/varint.ts';

const bytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const newRecord: fc.Arbitrary<NewRecord> = fc.record({
  key: fc.option(bytes, { nil: null }),
  value: fc.option(bytes, { nil: null }),
  headers: fc.array(fc.tuple(bytes, fc.option(bytes, { nil: null })), { maxLength: 4 }),
  timestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.array(newRecord, { minLength: 1, maxLength: 20 }), (written) => {
      const batch = encodeBatch(written, { id: 7n, epoch: 3, sequence: 11 });
      expect(readBatchHeader(batch, 0)).toMatchObject({
        baseOffset: 0,
        lastOffset: written.length - 1,
        producerId: 7n,
        transactional: true,
        control: false,
        end: batch.length,
      });
      const read: FetchedRecord[] = [];
      readRecords(batch, 0, 0, read);
      expect(
        read.map((r) => ({
          key: recordKey(r),
          value: recordValue(r),
          headers: headersOf(r),
          timestamp: r.timestamp,
        })),
      ).toEqual(written);
    }),
  );
});

/** The definition, in arithmetic that cannot overflow. */
function zigzag(value: bigint): number[] {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const found: number[] = [];
  for (; rest >= 128n; rest >>= 7n) found.push(Number(rest & 127n) | 128);
  return [...found, Number(rest)];
}

test('variable-length integers up to ±2^52', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), (value) => {
      const buffer = Buffer.alloc(12);
      const end = writeVarint(buffer, 1, value);
      expect(end - 1).toBe(varintSize(value));
      const cursor = { bytes: buffer, at: 1 };
      expect(readVarint(cursor)).toBe(value);
      expect(cursor.at).toBe(end);
      expect([...buffer.subarray(1, end)]).toEqual(zigzag(BigInt(value)));
    }),
  );
});

test('a batch whose bytes were changed is refused', () => {
  const batch = encodeBatch([{ key: null, value: Buffer.from('value'), headers: [], timestamp: 1 }], {
    id: 1n,
    epoch: 0,
    sequence: 0,
  });
  batch[batch.length - 3] = (batch[batch.length - 3] as number) ^ 1;
  expect(() => readRecords(batch, 0, 0, [])).toThrow(/checksum/);
});

/** Batches as a log holds them: numbered from `first`, each with a producer. */
function log(
  ...entries: { first: number; count: number; producer: bigint; control?: 'commit' | 'abort' }[]
): Buffer {
  return Buffer.concat(
    entries.map(({ first, count, producer, control }) => {
      const type = control === 'abort' ? 0 : 1;
      const made = Array.from({ length: count }, (_, i) => ({
        key: control ? Buffer.from([0, 0, 0, type]) : null,
        value: Buffer.from(`${first + i}`),
        headers: [],
        timestamp: 0,
      }));
      const batch = encodeBatch(made, { id: producer, epoch: 0, sequence: 0 });
      batch.writeBigInt64BE(BigInt(first), 0);
      if (control) {
        batch.writeInt16BE(batch.readInt16BE(21) | 0x20, 21);
      }
      return batch;
    }),
  );
}

const offsets = (found: { records: FetchedRecord[] }) => found.records.map(({ offset }) => offset);

test('aborted records and markers are left out, and the position goes beyond them', () => {
  const fetched = log(
    { first: 10, count: 3, producer: 1n },
    { first: 13, count: 2, producer: 2n },
    { first: 15, count: 1, producer: 1n, control: 'abort' },
    { first: 16, count: 2, producer: 1n },
    { first: 18, count: 1, producer: 2n, control: 'commit' },
    { first: 19, count: 1, producer: 1n, control: 'abort' },
  );
  const aborted = [
    { producerId: 1n, firstOffset: 16 },
    { producerId: 1n, firstOffset: 10 },
  ];
  const found = committedRecords({ bytes: fetched, aborted }, 10);
  expect(offsets(found)).toEqual([13, 14]);
  expect(found.nextOffset).toBe(20);
});

test('a fetch from the middle of a batch, and one that is cut short', () => {
  const fetched = log({ first: 10, count: 5, producer: 1n }, { first: 15, count: 5, producer: 1n });
  const found = committedRecords({ bytes: fetched.subarray(0, -4), aborted: [] }, 12);
  expect(offsets(found)).toEqual([12, 13, 14]);
  expect(found.nextOffset).toBe(15);
  expect(committedRecords({ bytes: Buffer.alloc(0), aborted: [] }, 12)).toEqual({
    records: [],
    nextOffset: 12,
  });
});
