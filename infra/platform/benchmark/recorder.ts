import type { Settings } from '../../../shared/config/index.ts';
import { createHistogramReader, type Distribution } from '../demo/latency.ts';
import { readMetrics } from '../gateway-metrics.ts';
import { readLag } from '../lag.ts';
import { createCpuCounter, memoryOf, readUsage } from './usage.ts';

/** What was seen in one second. */
export interface Sample {
  /** Seconds since the start. */
  at: number;
  /** Events a second that were asked for. */
  rate: number;
  /** Of the function that is furthest behind; undefined while the connector does not tell. */
  lagSeconds: number | undefined;
  /** Bytes of each part and function. */
  memory: Record<string, number>;
}

export interface Recorded {
  samples: Sample[];
  /** Produce to stored, by store. */
  latency: ReadonlyMap<string, Distribution>;
  /** Records in a call, by function. */
  batchSizes: ReadonlyMap<string, Distribution>;
  /** Of each part and function. */
  cpuSeconds: ReadonlyMap<string, number>;
}

/** Told during the work that from now on so many events a second are asked for. */
export type SetRate = (eventsPerSecond: number) => void;

const histograms = /^(event_stored_latency_seconds|connector_batch_size)_bucket$/;
const intervalMs = 1000;

/** Looks once a second at lag, memory, processor time and what the functions count, while `work` is done. */
export async function recording<T>(
  settings: Settings,
  work: (setRate: SetRate) => Promise<T>,
): Promise<{ outcome: T; recorded: Recorded }> {
  const latency = createHistogramReader({ metric: 'event_stored_latency_seconds', label: 'store' });
  const batchSizes = createHistogramReader({ metric: 'connector_batch_size', label: 'function' });
  const cpu = createCpuCounter();
  const samples: Sample[] = [];
  const startedAt = performance.now();
  let rate = 0;

  async function look(): Promise<void> {
    const at = (performance.now() - startedAt) / 1000;
    const [usage, counted, lags] = await Promise.all([
      readUsage(settings),
      readMetrics(settings, (name) => histograms.test(name)),
      readLag(settings),
    ]);
    cpu.read(usage);
    // A connector that is away is no connector that has counted nothing.
    if (counted?.length) {
      latency.read(counted);
      batchSizes.read(counted);
    }
    const lagSeconds = lags && Math.max(...lags.map(({ seconds }) => seconds));
    samples.push({ at, rate, lagSeconds, memory: memoryOf(usage) });
  }

  await look();
  let looking = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    looking = look()
      .catch(() => {}) // A part is on its way down or up; the next look tells.
      .finally(() => {
        busy = false;
      });
  }, intervalMs);

  let outcome: T;
  try {
    outcome = await work((eventsPerSecond) => {
      rate = eventsPerSecond;
    });
  } finally {
    clearInterval(timer);
    await looking;
  }
  await look();
  const recorded = {
    samples,
    latency: latency.distributions(),
    batchSizes: batchSizes.distributions(),
    cpuSeconds: cpu.seconds(),
  };
  return { outcome, recorded };
}
