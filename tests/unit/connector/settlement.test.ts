import { expect, test } from '@jest/globals';
import { createOccupancy } from '../../../infra/connector/call/occupancy.ts';
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
  expect(msUntilPiece(buffered, limits, false, 1000)).toBe(expected);
});

test.each([
  ['enough records', { count: 100, bytes: 10, oldestArrivalMs: 990 }, 0],
  ['the first has waited long enough', { count: 1, bytes: 1, oldestArrivalMs: 750 }, 0],
  ['the first would have gone if it were idle', { count: 1, bytes: 1, oldestArrivalMs: 950 }, 200],
])('while the function is busy, a piece is formed when %s', (_, buffered, expected) => {
  expect(msUntilPiece(buffered, limits, true, 1000)).toBe(expected);
});

test('two calls make a function busy; when one ends, the partition that has waited longest is woken first', () => {
  const woken: string[] = [];
  const occupancy = createOccupancy();
  const join = (name: string, since?: number) =>
    occupancy.join({ since: () => since, wake: () => woken.push(name) });
  const [first, second, late] = [join('first'), join('second'), join('late', 20)];
  const early = join('early', 10);
  first.take();
  first.take();
  expect(occupancy.busy()).toBe(false);
  second.take();
  expect(occupancy.busy()).toBe(true);
  first.free();
  first.free();
  expect(occupancy.busy()).toBe(false);
  expect(woken).toEqual(['early', 'late']);
  early.take();
  expect(occupancy.busy()).toBe(true);
  early.leave();
  expect(occupancy.busy()).toBe(false);
  late.leave();
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
