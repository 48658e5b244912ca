import { cpus, totalmem } from 'node:os';
import { type Distribution, quantile } from '../demo/latency.ts';
import { bytes, count } from '../terminal/table.ts';
import type { Measured } from './measure.ts';

/** The benchmark as a page: how it was measured, then the numbers. */
export function benchmarkReport(
  { steady, top, rate }: { steady: Measured; top: Measured; rate: number },
  { now = new Date() }: { now?: Date } = {},
): string {
  const [cpu] = cpus();
  return `# Benchmark of ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC

${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${bytes(totalmem())} of memory, everything on this machine. Events of \`generate\`
(1 % invalid, 2 % late) through the gateway's functions and the connector, exactly once, into both stores. Latency is
measured event by event, from the Kafka time of the raw record to the acknowledgement of the store.

| | top rate | ${count(rate)} events/s |
|---|---:|---:|
| events | ${count(top.events)} | ${count(steady.events)} |
| produced, events/s | ${perSecond(top.events, top.producedSeconds)} | ${perSecond(steady.events, steady.producedSeconds)} |
| stored in both, events/s | ${perSecond(top.events, top.storedSeconds)} | ${perSecond(steady.events, steady.storedSeconds)} |
${['mongodb', 'clickhouse'].map((store) => `| ${store}: p50 / p99 | ${both(top.latency.get(store), seconds)} | ${both(steady.latency.get(store), seconds)} |`).join('\n')}
${['transform', 'mongo-write', 'clickhouse-write'].map((name) => `| events a call of ${name}: median | ${median(top.batchSizes.get(name))} | ${median(steady.batchSizes.get(name))} |`).join('\n')}
${[...top.cpuSeconds.keys()].map((part) => `| µs of processor an event: ${part} | ${microseconds(top, part)} | ${microseconds(steady, part)} |`).join('\n')}
| memory of all processes, at most | ${bytes(top.peakResidentBytes)} | ${bytes(steady.peakResidentBytes)} |

At top rate events are sent faster than they are stored, so its latency is queueing.
`;
}

const perSecond = (events: number, duration: number) => count(Math.round(events / duration));

function both(distribution: Distribution | undefined, show: (value: number | undefined) => string): string {
  return distribution ? `${show(quantile(distribution, 0.5))} / ${show(quantile(distribution, 0.99))}` : '–';
}

function seconds(value: number | undefined): string {
  if (value === undefined) return '–';
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;
}

function median(distribution: Distribution | undefined): string {
  const value = distribution && quantile(distribution, 0.5);
  return value === undefined ? '–' : count(Math.round(value));
}

function microseconds({ cpuSeconds, events }: Measured, part: string): string {
  return count(Math.round(((cpuSeconds.get(part) ?? 0) * 1e6) / events));
}
