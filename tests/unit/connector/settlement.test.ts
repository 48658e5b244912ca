import { expect, test } from '@jest/globals';
import { createPace } from '../../../infra/connector/call/pace.ts';
import { retryAfterMs } from '../../../infra/connector/call/retry-after.ts';
import { backoffMs } from '../../../infra/connector/delivery/backoff.ts';
import { decodeNote, encodeNote } from '../../../infra/connector/delivery/declaration.ts';
import { msUntilPiece, stepsOf } from '../../../infra/connector/delivery/forming.ts';
import { lagOf } from '../../../infra/connector/lag.ts';
import { record, records } from './records.ts';

const topicId = 'q1Fh3nqXQ0y2dCk0vJ-_8w';

test('a declaration is read back as it was written', () => {
  const declaration = { end: 123_456_789_012, route: 2, firstSentMs: 1_790_000_000_000 };
  expect(decodeNote(encodeNote({ topicId, declaration }))).toEqual({ topicId, declaration });
  expect(decodeNote(encodeNote({ topicId }))).toEqual({ topicId });
  expect(encodeNote({ topicId, declaration }).length).toBeLessThan(100);
});

test.each(['', 'other', '2 x', '1 x 5', '1 x 5 0', `1 ${topicId} a 0 1`])(
  'foreign metadata %p is none of ours',
  (text) => {
    expect(decodeNote(text)).toBeUndefined();
  },
);

const limits = { batchSize: 100, batchBytes: 1000, batchWindowMs: 50 };
test.each([
  ['nothing is buffered', { count: 0, bytes: 0, oldestArrivalMs: undefined }, undefined],
  ['enough records', { count: 100, bytes: 10, oldestArrivalMs: 990 }, 0],
  ['enough bytes', { count: 2, bytes: 1000, oldestArrivalMs: 990 }, 0],
  ['the first has waited long enough', { count: 1, bytes: 1, oldestArrivalMs: 950 }, 0],
  ['the first has waited a little', { count: 1, bytes: 1, oldestArrivalMs: 980 }, 30],
])('a piece is formed when %s', (_, buffered, expected) => {
  expect(msUntilPiece(buffered, limits, 0, 1000)).toBe(expected);
});

test.each([
  ['enough records', { count: 100, bytes: 10, oldestArrivalMs: 990 }, 0],
  ['enough bytes', { count: 2, bytes: 1000, oldestArrivalMs: 990 }, 0],
  ['the rest is over', { count: 1, bytes: 1, oldestArrivalMs: 950 }, 200],
])('while a partition rests, a piece is formed when %s', (_, buffered, expected) => {
  expect(msUntilPiece(buffered, limits, 1200, 1000)).toBe(expected);
});

test('a partition rests for a part of the time that all of its function would work in turn, a second at most', () => {
  const pace = createPace();
  const first = pace.join();
  expect(first.restMs()).toBe(0);
  for (let i = 0; i < 50; i++) first.worked(100);
  expect(first.restMs()).toBeCloseTo(15, 0);
  const others = Array.from({ length: 5 }, () => pace.join());
  expect(first.restMs()).toBeCloseTo(90, 0);
  const many = Array.from({ length: 30 }, () => pace.join());
  for (let i = 0; i < 2; i++) many[0]?.worked(60_000);
  expect(first.restMs()).toBe(1000);
  for (const each of many) each.leave();
  // A store that was away for long is soon forgotten.
  for (let i = 0; i < 25; i++) others[1]?.worked(10);
  expect(first.restMs()).toBeLessThan(11);
  for (let i = 0; i < 25; i++) others[1]?.worked(10);
  for (const other of others) other.leave();
  others[0]?.leave();
  expect(first.restMs()).toBeCloseTo(1.5, 1);
});

test('records that are too old are buried, filtered ones are left out', () => {
  const taken = {
    records: [
      record(1, { timestamp: 100, value: '{"a":1}' }),
      record(2, { timestamp: 900, value: '{"a":2}' }),
      record(3, { timestamp: 900, value: '{"a":1}' }),
    ],
    end: 6,
  };
  const { steps, filtered } = stepsOf(taken, 0, { maxRecordAgeMs: 500, filter: [{ a: [1] }] }, 1000);
  expect(filtered).toBe(1);
  expect(steps).toMatchObject([
    { bury: { record: { offset: 1 }, cause: 'expired' }, first: 0, end: 2 },
    { send: { first: 2, end: 6, records: [{ offset: 3 }] } },
  ]);
});

test('without age and filter a piece is what was taken, with declared bounds', () => {
  const { steps } = stepsOf(
    { records: records(4, 9), end: 12 },
    3,
    { maxRecordAgeMs: undefined, filter: undefined },
    0,
  );
  expect(steps).toMatchObject([{ send: { first: 3, end: 12 } }]);
});

test('backoff doubles up to its cap, and half of it is chance', () => {
  const at = (tries: number, random: number) =>
    backoffMs(tries, { baseMs: 100, capMs: 30_000, random: () => random });
  expect([1, 2, 3, 9, 10, 500].map((tries) => at(tries, 1))).toEqual([100, 200, 400, 25_600, 30_000, 30_000]);
  expect(at(3, 0)).toBe(200);
});

test.each([
  ['2', 2000],
  ['0.5', 500],
  ['Thu, 01 Jan 1970 00:00:09 GMT', 4000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After %p', (header, expected) => {
  expect(retryAfterMs(header, 5000)).toBe(expected);
});

test('lag is exact at zero, and unknown before the partition is taken over', () => {
  const state = { position: 10, stableEnd: 15, positionTimestampMs: 1000 };
  expect(lagOf(state, 4000)).toEqual({ records: 5, seconds: 3 });
  expect(lagOf({ ...state, position: 15 }, 4000)).toEqual({ records: 0, seconds: 0 });
  expect(lagOf({ ...state, position: 16 }, 4000)).toEqual({ records: 0, seconds: 0 });
  expect(lagOf({ ...state, positionTimestampMs: undefined }, 4000)).toEqual({ records: 5, seconds: 0 });
  expect(lagOf({ ...state, position: undefined }, 4000)).toBeUndefined();
});
