import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createEventHistogram } from '../../../shared/metrics/event-histogram.ts';
import { Histogram, Registry } from '../../../shared/metrics/index.ts';

const buckets = [0.01, 0.1, 0.25, 1, 5];

test('it is read as one of prom-client that was told the same', async () => {
  const value = fc.oneof(fc.constantFrom(0, ...buckets), fc.double({ min: 0, max: 9, noNaN: true }));
  const observed = fc.array(fc.tuple(fc.constantFrom('a', 'b"'), value));
  await fc.assert(
    fc.asyncProperty(observed, async (values) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const names = { name: 'x_seconds', help: 'h', buckets };
      const histogram = createEventHistogram({ registry: ours, ...names, labels: ['store'] });
      const reference = new Histogram({ ...names, labelNames: ['store'], registers: [theirs] });
      const series = new Map(['a', 'b"'].map((store) => [store, histogram.labels({ store })]));
      for (const [store, each] of values) {
        series.get(store)?.observe(each);
        reference.observe({ store }, each);
      }
      const lines = async (registry: Registry) => (await registry.metrics()).split('\n').sort();
      expect(await lines(ours)).toEqual(await lines(theirs));
    }),
  );
});

test('what is no number is refused, and counts for nothing', async () => {
  const registry = new Registry();
  const series = createEventHistogram({ registry, name: 'x', help: 'h', labels: [], buckets }).labels({});
  expect(() => series.observe(Number.NaN)).toThrow(TypeError);
  series.observe(0.5);
  expect(await registry.metrics()).toMatch(/x_sum 0.5\nx_count 1\n/);
});
