import type { Histogram, Registry } from 'prom-client';

/** One series of a histogram. */
export interface EventSeries {
  /** @throws TypeError when the value is no finite number. */
  observe(value: number): void;
}

/**
 * A histogram for what is observed event by event. prom-client's own checks and hashes the labels of every value and
 * tries the buckets from the first on, 0.4 µs each; here a series is a row of counts, and the search begins where the
 * value before was, near which the next one lies. It is read the same.
 */
export function createEventHistogram({
  registry,
  name,
  help,
  labels,
  buckets,
}: {
  registry: Registry;
  name: string;
  help: string;
  labels: readonly string[];
  /** Upper bounds, ascending. */
  buckets: readonly number[];
}): { labels: (labels: Readonly<Record<string, string>>) => EventSeries } {
  const all: ReturnType<typeof seriesOf>[] = [];
  const metric = {
    name,
    help,
    type: 'histogram',
    labelNames: labels,
    upperBounds: buckets,
    get: async () => ({
      name,
      help,
      type: 'histogram',
      values: all.flatMap((series) => series.values(name)),
    }),
  };
  registry.registerMetric(metric as unknown as Histogram);
  return {
    labels(given) {
      const series = seriesOf(given, buckets);
      all.push(series);
      return series;
    },
  };
}

function seriesOf(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
  /** Of each bucket alone; the last is of what lies beyond all bounds. */
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let sum = 0;
  let at = 0;
  return {
    observe(value: number) {
      if (!Number.isFinite(value)) throw new TypeError(`${value} is no finite number`);
      while (at > 0 && value <= (bounds[at - 1] as number)) at--;
      while (at < bounds.length && value > (bounds[at] as number)) at++;
      (counts[at] as number)++;
      sum += value;
    },
    /** None before the first value. */
    values(name: string) {
      let count = 0;
      const upTo = counts.map((each, index) => {
        count += each;
        return {
          metricName: `${name}_bucket`,
          labels: { le: bounds[index] ?? '+Inf', ...labels },
          value: count,
        };
      });
      if (count === 0) return [];
      return [
        ...upTo,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    },
  };
}
