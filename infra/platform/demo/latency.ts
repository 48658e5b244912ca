import type { Sample } from '../../../shared/metrics/parse.ts';

/** Observations by the upper bound of their bucket (seconds), each counted once. */
export type Distribution = ReadonlyMap<number, number>;

/**
 * Gathers what a histogram counted between two moments from readings of `/metrics`. Series are counters of a
 * process: one that comes anew began at zero, and what one counted after its last reading before it died is missing.
 */
export function createHistogramReader({ metric, label }: { metric: string; label: string }) {
  let last = new Map<string, number>();
  let begun = false;
  /** By label, then by upper bound: cumulative, as Prometheus has it. */
  const gathered = new Map<string, Map<number, number>>();
  return {
    /** The first reading is where counting begins. */
    read(samples: readonly Sample[]): void {
      const now = new Map(last);
      for (const { name, labels, value } of samples) {
        if (name !== `${metric}_bucket` || labels.le === undefined) continue;
        const series = JSON.stringify(Object.entries(labels).sort());
        const before = last.get(series) ?? 0;
        now.set(series, value);
        if (!begun) continue;
        const key = labels[label] ?? '';
        const buckets = gathered.get(key) ?? new Map<number, number>();
        const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
        buckets.set(bound, (buckets.get(bound) ?? 0) + (value >= before ? value - before : value));
        gathered.set(key, buckets);
      }
      last = now;
      begun = true;
    },
    /** What was gathered, by the label's value. */
    distributions(): Map<string, Distribution> {
      return new Map([...gathered].map(([key, cumulative]) => [key, apart(cumulative)]));
    },
  };
}

function apart(cumulative: ReadonlyMap<number, number>): Distribution {
  let below = 0;
  const found = new Map<number, number>();
  for (const bound of [...cumulative.keys()].sort((a, b) => a - b)) {
    const count = cumulative.get(bound) ?? 0;
    found.set(bound, Math.max(0, count - below));
    below = Math.max(below, count);
  }
  return found;
}

/** The value below which the share `q` of the observations lies, straight between bucket bounds; undefined without any. */
export function quantile(distribution: Distribution, q: number): number | undefined {
  const total = [...distribution.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  let lower = 0;
  for (const [bound, count] of distribution) {
    if (seen + count >= q * total) {
      if (bound === Number.POSITIVE_INFINITY) return lower;
      return count === 0 ? bound : lower + ((bound - lower) * (q * total - seen)) / count;
    }
    seen += count;
    lower = bound;
  }
  return lower;
}
