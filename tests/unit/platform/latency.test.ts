import { expect, test } from '@jest/globals';
import { createHistogramReader, quantile } from '../../../infra/platform/demo/latency.ts';
import type { Sample } from '../../../shared/metrics/parse.ts';

const metric = 'event_stored_latency_seconds';
const series = (replica: string, counts: Record<string, number>): Sample[] =>
  Object.entries(counts).map(([le, value]) => ({
    name: `${metric}_bucket`,
    labels: { store: 'mongodb', replica, le },
    value,
  }));

function reader(...readings: Sample[][]) {
  const histogram = createHistogramReader({ metric, label: 'store' });
  for (const reading of readings) histogram.read(reading);
  return histogram.distributions().get('mongodb') ?? new Map();
}

test('what was counted before the first reading is not taken', () => {
  const found = reader(
    series('a', { '0.1': 100, '0.5': 100, '+Inf': 100 }),
    series('a', { '0.1': 110, '0.5': 130, '+Inf': 130 }),
  );
  expect([...found]).toEqual([
    [0.1, 10],
    [0.5, 20],
    [Number.POSITIVE_INFINITY, 0],
  ]);
});

test('a replica that comes anew began at zero, and one that is gone keeps what it counted', () => {
  const found = reader([], series('a', { '0.1': 5, '+Inf': 5 }), series('b', { '0.1': 0, '+Inf': 7 }));
  expect([...found]).toEqual([
    [0.1, 5],
    [Number.POSITIVE_INFINITY, 7],
  ]);
});

test('a quantile lies between the bounds of its bucket', () => {
  const distribution = new Map([
    [1, 50],
    [2, 50],
    [Number.POSITIVE_INFINITY, 0],
  ]);
  expect(quantile(distribution, 0.5)).toBe(1);
  expect(quantile(distribution, 0.75)).toBe(1.5);
  expect(quantile(distribution, 1)).toBe(2);
  expect(quantile(new Map(), 0.5)).toBeUndefined();
});

test('beyond the last bound nothing is made up', () => {
  expect(
    quantile(
      new Map([
        [300, 1],
        [Number.POSITIVE_INFINITY, 99],
      ]),
      0.99,
    ),
  ).toBe(300);
});
