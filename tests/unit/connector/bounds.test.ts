import { expect, test } from '@jest/globals';
import { createByteBudget } from '../../../infra/connector/call/byte-budget.ts';
import { oldRanges } from '../../../infra/connector/delivery/old-ranges.ts';
import { createFeed } from '../../../infra/connector/kafka/feed.ts';
import { records } from './records.ts';

test('a byte budget admits in turn, and one that is too large alone', async () => {
  const budget = createByteBudget(100);
  const order: string[] = [];
  const first = await budget.acquire(60);
  const second = budget.acquire(500).then((release) => {
    order.push('second');
    return release;
  });
  const third = budget.acquire(10).then((release) => {
    order.push('third');
    return release;
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  first();
  first();
  (await second)();
  (await third)();
  expect(order).toEqual(['second', 'third']);
});

function feed(limit = 1000, budget = { used: 0, limit: 10_000 }, now = () => 5) {
  return createFeed({
    topic: 't',
    topicUuid: 'u',
    partition: 0,
    limitBytes: limit,
    budget,
    now,
    onRoom: () => {},
    onClose: () => {},
  });
}

test('a feed hands out in order, and ends beyond gaps and markers', () => {
  const f = feed();
  expect(f.wantsData()).toBe(false);
  f.seek(3);
  expect(f.wantsData()).toBe(true);
  f.append(records(4, 5, 9), 12);
  expect(f.end()).toBe(4);
  expect(f.take(2, 1000)).toMatchObject({ records: [{ offset: 4 }, { offset: 5 }], end: 9 });
  expect(f.take(10, 1)).toMatchObject({ records: [{ offset: 9 }], end: 12 });
  expect(f.take(10, 1)).toEqual({ records: [], end: 12 });
});

test('a feed tells since when an open transaction holds the end back', () => {
  let nowMs = 0;
  const f = feed(1000, undefined, () => nowMs);
  const seen = (atMs: number, stable: number, highWatermark: number) => {
    nowMs = atMs;
    f.noteEnd({ stable, highWatermark });
    return f.heldSinceMs();
  };
  expect(seen(1, 4, 4)).toBeUndefined();
  expect(seen(2, 4, 9)).toBe(2);
  expect(seen(3, 4, 12)).toBe(2);
  // It moves: that one has ended, and the next is open.
  expect(seen(4, 9, 12)).toBe(4);
  expect(seen(5, 12, 12)).toBeUndefined();
  expect(seen(6, 12, 13)).toBe(6);
});

test('a declared range is taken only whole, and fetched whole beyond the limit of the buffer', () => {
  const f = feed(1);
  f.seek(0);
  f.append(records(0, 1), 2);
  expect(f.wantsData()).toBe(false);
  expect(f.takeUntil(5)).toBeUndefined();
  expect(f.wantsData()).toBe(true);
  f.append(records(3, 6), 7);
  expect(f.takeUntil(5)).toMatchObject({ records: [{ offset: 0 }, { offset: 1 }, { offset: 3 }], end: 5 });
  expect(f.end()).toBe(6);
});

test('what all feeds hold is bounded; an empty one is filled nevertheless', () => {
  const budget = { used: 0, limit: 20 };
  const [a, b] = [feed(1000, budget), feed(1000, budget)];
  a.seek(0);
  b.seek(0);
  a.append(records(0, 1), 2);
  expect(budget.used).toBe(24);
  expect(a.wantsData()).toBe(false);
  expect(b.wantsData()).toBe(true);
  a.take(1, 100);
  expect(budget.used).toBe(12);
  a.seek(0);
  b.close();
  expect(budget.used).toBe(0);
});

test('a range that is open for more than an hour holds up its route', () => {
  const range = { topic: 't', partition: 0, route: 0, firstSentMs: 0 };
  expect(oldRanges([range], 3_600_000)).toEqual([]);
  expect(oldRanges([range], 3_600_001)).toEqual([range]);
});
