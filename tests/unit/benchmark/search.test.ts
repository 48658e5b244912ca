import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isBounded, nextRate, type Tried, topRate } from '../../../infra/platform/benchmark/search.ts';

/** Searches on a machine that sustains up to `limit`. */
function search(start: number, limit: number): Tried[] {
  const tried: Tried[] = [];
  for (;;) {
    const rate = nextRate(tried, { start, most: 40 });
    if (rate === undefined) return tried;
    tried.push({ rate, sustained: rate <= limit });
  }
}

describe('the search', () => {
  test('finds the top rate of any machine to a twentieth, from wherever it starts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 1_000_000 }),
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        (limit, share) => {
          const tried = search(limit * share, limit);
          const top = topRate(tried);
          expect(top).toBeLessThanOrEqual(limit);
          expect(top * 1.06).toBeGreaterThanOrEqual(limit);
          expect(new Set(tried.map(({ rate }) => rate)).size).toBe(tried.length);
        },
      ),
    );
  });

  test.each([
    ['begins where it is told', [], 10_049],
    ['goes up while it holds', [{ rate: 10_000, sustained: true }], 12_500],
    ['goes down while it does not', [{ rate: 10_000, sustained: false }], 8000],
    [
      'then between',
      [
        { rate: 10_000, sustained: true },
        { rate: 12_500, sustained: false },
      ],
      11_200,
    ],
    [
      'until they are close',
      [
        { rate: 10_000, sustained: true },
        { rate: 10_400, sustained: false },
      ],
      undefined,
    ],
  ])('%s', (_, tried, expected) => {
    const next = nextRate(tried, { start: 10_049 });
    expect(next).toBe(expected === 10_049 ? 10_000 : expected);
  });

  test('ends after so many steps, with no rate when none held', () => {
    const tried = Array.from({ length: 10 }, (_, i) => ({ rate: 1000 - i, sustained: false }));
    expect(nextRate(tried, { start: 1000 })).toBeUndefined();
    expect(topRate(tried)).toBe(0);
  });
});

test.each([
  ['level', Array(30).fill(0.8), true],
  ['late at first only', [...Array(10).fill(9), ...Array(20).fill(1)], true],
  ['above the limit at its end', Array(30).fill(5.5), false],
  ['growing by a tenth of a second a second', Array.from({ length: 60 }, (_, i) => i / 10), false],
  ['growing, still under the limit', Array.from({ length: 30 }, (_, i) => i * 0.15), false],
  ['unknown at its end', [...Array(29).fill(0.1), Number.POSITIVE_INFINITY], false],
  ['never looked at', [], false],
])('lag that is %s', (_, lags, bounded) => expect(isBounded(lags)).toBe(bounded));
