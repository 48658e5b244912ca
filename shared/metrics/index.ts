import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createEventHistogram } from './event-histogram.ts';
import { addProcessMetrics } from './process.ts';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds; from a fast call to one that nearly times out. */
export const durationBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Seconds between a record's Kafka time and its being stored: fine around the targets (p50 150 ms, p99 500 ms). */
export const latencyBuckets = [
  0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.225, 0.25, 0.275, 0.3,
  0.325, 0.35, 0.375, 0.4, 0.425, 0.45, 0.475, 0.5, 0.55, 0.6, 0.7, 0.8, 1, 1.5, 2, 3, 5, 10, 30, 60, 300,
];

/** Events in a batch. */
export const batchSizeBuckets = [1, 10, 50, 100, 250, 500, 1000, 2500, 5000, 7500, 10000];

/** The registry of this process, with process CPU, memory and event-loop metrics in it. */
export const registry = new Registry();

let started = false;

/** Adds the process metrics (`process_cpu_seconds_total`, `process_resident_memory_bytes`, ...) once. */
export function collectProcessMetrics(): void {
  if (started) return;
  started = true;
  addProcessMetrics(registry);
}

type Options = { name: string; help: string; labels?: readonly string[] };

/** A counter in this process's registry; names end in `_total`. */
export function counter({ name, help, labels = [] }: Options): Counter {
  return new Counter({ name, help, labelNames: [...labels], registers: [registry] });
}

/** A gauge in this process's registry. */
export function gauge({ name, help, labels = [] }: Options): Gauge {
  return new Gauge({ name, help, labelNames: [...labels], registers: [registry] });
}

/** A histogram in this process's registry; base units (seconds, bytes) in the name. */
export function histogram({
  name,
  help,
  labels = [],
  buckets = durationBuckets,
}: Options & { buckets?: number[] }): Histogram {
  return new Histogram({ name, help, labelNames: [...labels], buckets, registers: [registry] });
}

/** The same for what is observed event by event; its series are made once (`labels`). */
export function eventHistogram(options: Options & { labels: readonly string[]; buckets: number[] }) {
  return createEventHistogram({ registry, ...options });
}
