import type { Measured } from '../benchmark/measure.ts';
import type { Costs } from './model.ts';

/** What `make benchmark` keeps of its phase at top rate for computing with it. */
export interface SavedBenchmark {
  events: number;
  storedSeconds: number;
  cpuSeconds: Record<string, number>;
}

export function savedBenchmark({ events, storedSeconds, cpuSeconds }: Measured): SavedBenchmark {
  return { events, storedSeconds, cpuSeconds: Object.fromEntries(cpuSeconds) };
}

/** Parts that have no share in an event's way. */
const aside = new Set(['supervisor', 'generator', 'autoscaler']);

/** Every other name is that of a function. */
const ofParts = /^(kafka(-\d+)?|mongodb|clickhouse|gateway|connector|claims)$/;

/** Costs of one event; brokers count together, as one part, and so do functions. */
export function costsOf(
  { events, storedSeconds, cpuSeconds }: SavedBenchmark,
  bytes: Costs['bytes'],
  partitions: number,
): Costs {
  const cpuMicroseconds: Record<string, number> = {};
  for (const [part, seconds] of Object.entries(cpuSeconds)) {
    if (aside.has(part)) continue;
    const name = ofParts.test(part) ? part.replace(/^kafka-\d+$/, 'kafka') : 'functions';
    cpuMicroseconds[name] = (cpuMicroseconds[name] ?? 0) + (seconds * 1e6) / events;
  }
  return { topRate: events / storedSeconds, partitions, cpuMicroseconds, bytes };
}
