import { expect, test } from '@jest/globals';
import type { RecordsBatch } from '@platformatic/kafka';
import { committed } from '../../../functions/aggregation-check/kafka/committed.ts';

const transactional = 16;
const control = 32;

function batch(first: number, producer: number, attributes: number, values: string[]): RecordsBatch {
  return {
    firstOffset: BigInt(first),
    lastOffsetDelta: Math.max(values.length - 1, 0),
    producerId: BigInt(producer),
    attributes,
    records: values.map((value, offsetDelta) => ({
      offsetDelta,
      key: null,
      value: Buffer.from(value),
      headers: [],
    })),
  } as unknown as RecordsBatch;
}

function marker(offset: number, producer: number, commit: boolean): RecordsBatch {
  const key = Buffer.from([0, 0, 0, commit ? 1 : 0]);
  const made = batch(offset, producer, transactional | control, ['']);
  return { ...made, records: [{ ...made.records[0], key }] } as RecordsBatch;
}

const seen = (batches: RecordsBatch[], aborted: [number, number][], from = 0) => {
  const { records, nextOffset } = committed(
    batches,
    aborted.map(([producerId, firstOffset]) => ({
      producerId: BigInt(producerId),
      firstOffset: BigInt(firstOffset),
    })),
    from,
  );
  return [records.map(({ offset, value }) => `${offset}${value}`).join(' '), nextOffset];
};

test('aborted records and markers are passed over; the next offset lies behind them', () => {
  const batches = [
    batch(0, 1, transactional, ['a', 'b']),
    marker(2, 1, true),
    batch(3, 1, transactional, ['x']),
    batch(4, 2, transactional, ['c']),
    batch(5, -1, 0, ['d']),
    marker(6, 1, false),
    batch(7, 1, transactional, ['e']),
    marker(8, 2, true),
  ];
  expect(seen(batches, [[1, 3]])).toEqual(['0a 1b 4c 5d 7e', 9]);
  expect(seen(batches.slice(2, 3), [[1, 3]], 3)).toEqual(['', 4]);
});

test('a fetch from the middle of a batch begins there', () => {
  expect(seen([batch(0, -1, 0, ['a', 'b', 'c'])], [], 1)).toEqual(['1b 2c', 3]);
});

test('nothing fetched: nothing moves', () => {
  expect(seen([], [], 5)).toEqual(['', 5]);
});
