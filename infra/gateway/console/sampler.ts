import type { Logger } from '../../../shared/log/index.ts';
import { parseMetrics, type Sample } from '../../../shared/metrics/parse.ts';
import type { DeployedFunction } from '../provider/deployed-function.ts';
import { createAccumulator } from './accumulate.ts';
import { observe } from './observe.ts';
import type { ConsoleState, Point } from './state.ts';
import { isCounted, isMeasured } from './wanted.ts';
import { between, type Reading } from './window.ts';

export interface SamplerOptions {
  collectMetrics: () => Promise<string>;
  functions: () => readonly DeployedFunction[];
  log: Logger;
  /** Milliseconds between samples while somebody looks, and while nobody does. */
  watchedMs?: number;
  idleMs?: number;
  /** How long plots reach back. */
  keepMs?: number;
  now?: () => number;
}

export interface Sampler {
  /** Calls `listener` with each sample; the returned function ends it. */
  watch(listener: (state: ConsoleState) => void): () => void;
  /** Points of the plots, oldest first. */
  history(): readonly Point[];
  latest(): ConsoleState | undefined;
  close(): void;
}

const recentMs = 10_000;
const minuteMs = 60_000;

/**
 * Samples the metrics once for all viewers. While nobody looks it goes on slowly, so that the plots have a past
 * when somebody does.
 */
export function createSampler(options: SamplerOptions): Sampler {
  const { collectMetrics, functions, log, now = Date.now } = options;
  const { watchedMs = 1000, idleMs = 10_000, keepMs = 900_000 } = options;
  const startedAtMs = now();
  const accumulate = createAccumulator();
  const listeners = new Set<(state: ConsoleState) => void>();
  const readings: Reading[] = [];
  const points: Point[] = [];
  let latest: ConsoleState | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sampling = false;
  let closed = false;

  async function sample(): Promise<void> {
    const text = await collectMetrics();
    if (closed) return;
    const atMs = now();
    const samples = parseMetrics(text, (name) => isCounted(name) || isMeasured(name));
    const counted = samples.filter(({ name }) => isCounted(name));
    const reading = { atMs, totals: accumulate(atMs, counted, samples.filter(showsPresence)) };
    readings.push(reading);
    while ((readings[1]?.atMs ?? atMs) <= atMs - minuteMs) readings.shift();
    const since = (ms: number) => readings.findLast((r) => r.atMs <= atMs - ms) ?? (readings[0] as Reading);
    latest = observe({
      atMs,
      startedAtMs,
      functions: functions(),
      gauges: samples.filter(({ name }) => isMeasured(name)),
      recent: between(since(recentMs), reading),
      minute: between(since(minuteMs), reading),
    });
    points.push(latest.point);
    while ((points[0]?.atMs ?? atMs) < atMs - keepMs) points.shift();
    for (const listener of listeners) listener(latest);
  }

  async function round(): Promise<void> {
    if (sampling) return;
    sampling = true;
    const begun = performance.now();
    await sample().catch((error) => log.warn({ err: error }, 'the console could not sample the metrics'));
    sampling = false;
    if (closed) return;
    const everyMs = listeners.size > 0 ? watchedMs : idleMs;
    timer = setTimeout(round, Math.max(50, everyMs - (performance.now() - begun)));
    timer.unref();
  }
  void round();

  return {
    watch: (listener) => {
      listeners.add(listener);
      clearTimeout(timer);
      void round();
      return () => {
        listeners.delete(listener);
      };
    },
    history: () => points,
    latest: () => latest,
    close: () => {
      closed = true;
      clearTimeout(timer);
      listeners.clear();
    },
  };
}

/** Parts that answered, and replicas that told anything; what a supervisor tells of others shows nothing. */
function showsPresence({ name, labels, value }: Sample): boolean {
  return name === 'up' ? value === 1 : labels.replica !== undefined;
}
