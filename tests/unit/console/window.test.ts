import { describe, expect, test } from '@jest/globals';
import { createAccumulator } from '../../../infra/gateway/console/accumulate.ts';
import { between, quantileOf } from '../../../infra/gateway/console/window.ts';
import { parseMetrics } from '../../../shared/metrics/parse.ts';

const calls = (lines: string) => parseMetrics(lines);

describe('counters of processes that come and go', () => {
  const grown = (scrapes: [lines: string, present?: string][]) => {
    const add = createAccumulator();
    const readings = scrapes.map(([lines, present = ''], i) => ({
      atMs: i * 1000,
      totals: add(i * 1000, calls(lines), calls(present)),
    }));
    return between(readings[0] as never, readings.at(-1) as never).growth('calls');
  };

  test('replicas add up', () => {
    expect(
      grown([
        ['calls{replica="a"} 10\ncalls{replica="b"} 20'],
        ['calls{replica="a"} 13\ncalls{replica="b"} 21'],
      ]),
    ).toBe(4);
  });

  test('what stood there before we looked does not count', () => {
    expect(grown([['calls{part="x"} 1000'], ['calls{part="x"} 1000']])).toBe(0);
  });

  test('a process that began anew counts from zero', () => {
    expect(grown([['calls{replica="a"} 100'], ['calls{replica="a"} 7']])).toBe(7);
  });

  test('a scrape that failed is no burst', () => {
    expect(grown([['calls{part="x"} 100'], [''], ['calls{part="x"} 105']])).toBe(5);
  });

  test('a new process counts from what it first told, a new series of a known one from zero', () => {
    expect(grown([[''], ['calls{replica="new"} 500']])).toBe(0);
    expect(
      grown([
        ['calls{part="x",code="200"} 1'],
        ['calls{part="x",code="200"} 1\ncalls{part="x",code="500"} 3'],
      ]),
    ).toBe(3);
  });

  test('a process that answered and had counted nothing is known', () => {
    expect(
      grown([
        ['', 'up{part="x"} 1'],
        ['calls{part="x"} 8', 'up{part="x"} 1'],
      ]),
    ).toBe(8);
  });
});

describe('windows', () => {
  test('rates, means and labels', () => {
    const add = createAccumulator();
    const scrape = (n: number) =>
      calls(
        `size_sum{f="a",part="p"} ${n * 60}\nsize_count{f="a",part="p"} ${n}\ncalls{f="a",part="p"} ${n}\ncalls{f="b",part="p"} ${n * 2}`,
      );
    const first = { atMs: 0, totals: add(0, scrape(10)) };
    const window = between(first, { atMs: 5000, totals: add(5000, scrape(20)) });
    expect(window.rate('calls')).toBe(6);
    expect(window.rate('calls', { f: 'b' })).toBe(4);
    expect(window.rate('nothing')).toBe(0);
    expect(window.mean('size', { f: 'a' })).toBe(60);
    expect(window.mean('size', { f: 'c' })).toBeNull();
    expect(between(first, first).rate('calls')).toBe(0);
  });

  test.each([
    [{}, 0.5, null],
    [{ 1: 0, Infinity: 0 }, 0.5, null],
    [{ 1: 10, Infinity: 10 }, 0.5, 0.5],
    [{ 1: 5, 2: 10, Infinity: 10 }, 0.75, 1.5],
    [{ 1: 0, 2: 10, 4: 10, Infinity: 10 }, 0.5, 1.5],
    [{ 1: 1, Infinity: 10 }, 0.99, 1],
  ])('of buckets %j the %f quantile is %j', (buckets, q, expected) => {
    expect(quantileOf(new Map(Object.entries(buckets).map(([bound, n]) => [Number(bound), n])), q)).toBe(
      expected,
    );
  });
});
