import { type Distribution, quantile } from '../demo/latency.ts';
import type { Measured } from './measure.ts';
import type { Recorded } from './recorder.ts';

/** Quantiles of a distribution; `max` is the upper bound of the highest bucket with something in it, or null above all. */
export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
  max: number | null;
}

/** A time of steady load, in plain values. */
export interface Summary {
  /** Events a second that were asked for, written, and stored in both. */
  rate: number;
  produced: number;
  stored: number;
  events: number;
  /** Seconds, by store. */
  latency: Record<string, Quantiles>;
  /** Records in a call, by function. */
  batchSizes: Record<string, Quantiles>;
  /** Microseconds of processor an event, by part and function. */
  microseconds: Record<string, number>;
  /** Most bytes at a time, by part and function. */
  memory: Record<string, number>;
}

/** @param rate that was asked for; 0 for as fast as they come. */
export function summaryOf(measured: Measured, rate: number): Summary {
  const { events, producedSeconds, storedSeconds, latency, batchSizes } = measured;
  return {
    rate,
    produced: Math.round(events / producedSeconds),
    stored: Math.round(events / storedSeconds),
    events,
    latency: quantilesOf(latency),
    batchSizes: quantilesOf(batchSizes),
    microseconds: microsecondsOf(measured.cpuSeconds, events),
    memory: highestMemory(measured),
  };
}

export function microsecondsOf(cpuSeconds: ReadonlyMap<string, number>, events: number) {
  return Object.fromEntries([...cpuSeconds].map(([name, seconds]) => [name, (seconds * 1e6) / events]));
}

function highestMemory({ samples }: Recorded): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { memory } of samples) {
    for (const [name, bytes] of Object.entries(memory)) found[name] = Math.max(found[name] ?? 0, bytes);
  }
  return found;
}

function quantilesOf(distributions: ReadonlyMap<string, Distribution>): Record<string, Quantiles> {
  return Object.fromEntries(
    [...distributions].flatMap(([name, distribution]) => {
      const at = (q: number) => quantile(distribution, q) ?? 0;
      const highest = [...distribution].findLast(([, count]) => count > 0)?.[0];
      if (highest === undefined) return [];
      const max = Number.isFinite(highest) ? highest : null;
      return [[name, { p50: at(0.5), p95: at(0.95), p99: at(0.99), max }]];
    }),
  );
}
