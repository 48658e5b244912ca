import type { Total, Totals } from './accumulate.ts';

/** What had been counted at a time. */
export interface Reading {
  atMs: number;
  totals: Totals;
}

type Match = Readonly<Record<string, string>>;

/** What happened between two readings. */
export interface Window {
  /** How long it is; 0 when there is but one reading. */
  seconds: number;
  /** Growth per second of all counters of that name and labels; 0 where there are none. */
  rate(name: string, match?: Match): number;
  /** The same, over the whole window. */
  growth(name: string, match?: Match): number;
  /** Mean of a histogram's observations; null without any. */
  mean(name: string, match?: Match): number | null;
  /** Quantile (0 to 1) of a histogram, interpolated within its bucket as Prometheus does; null without any. */
  quantile(name: string, q: number, match?: Match): number | null;
}

export function between(then: Reading, now: Reading): Window {
  const seconds = (now.atMs - then.atMs) / 1000;

  function* grown(name: string, match: Match): Generator<Total> {
    const before = then.totals.get(name);
    for (const [key, { labels, value }] of now.totals.get(name) ?? []) {
      if (!Object.entries(match).every(([label, wanted]) => labels[label] === wanted)) continue;
      yield { labels, value: value - (before?.get(key)?.value ?? 0) };
    }
  }
  const growth = (name: string, match: Match = {}) => {
    let sum = 0;
    for (const { value } of grown(name, match)) sum += value;
    return sum;
  };

  return {
    seconds,
    growth,
    rate: (name, match) => (seconds > 0 ? growth(name, match) / seconds : 0),
    mean: (name, match) => {
      const count = growth(`${name}_count`, match);
      return count > 0 ? growth(`${name}_sum`, match) / count : null;
    },
    quantile: (name, q, match = {}) => {
      const buckets = new Map<number, number>();
      for (const { labels, value } of grown(`${name}_bucket`, match)) {
        const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
        buckets.set(bound, (buckets.get(bound) ?? 0) + value);
      }
      return quantileOf(buckets, q);
    },
  };
}

/** @param buckets upper bound → observations at or below it. */
export function quantileOf(buckets: ReadonlyMap<number, number>, q: number): number | null {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const all = sorted.at(-1)?.[1] ?? 0;
  if (all <= 0) return null;
  const wanted = q * all;
  let lower = 0;
  let below = 0;
  for (const [bound, count] of sorted) {
    if (count >= wanted && count > below) {
      // Above the last finite bound nothing more is known than that bound.
      if (bound === Number.POSITIVE_INFINITY) return lower;
      return lower + (bound - lower) * ((wanted - below) / (count - below));
    }
    lower = bound === Number.POSITIVE_INFINITY ? lower : bound;
    below = count;
  }
  return lower;
}
