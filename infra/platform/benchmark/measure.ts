import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { createHistogramReader, type Distribution } from '../demo/latency.ts';
import { readMetrics } from '../gateway-metrics.ts';
import { generateOnce, generateUntilDone } from '../generator/generate.ts';
import { newRunId } from '../generator/run.ts';
import { untilDrained } from '../proof/drained.ts';
import { askStatus } from '../supervisor/client.ts';
import { createProgress } from '../terminal/progress.ts';
import { count } from '../terminal/table.ts';

export interface Measured {
  events: number;
  /** Until the last event was written; until both stores had acknowledged it. */
  producedSeconds: number;
  storedSeconds: number;
  latency: ReadonlyMap<string, Distribution>;
  batchSizes: ReadonlyMap<string, Distribution>;
  /** Processor seconds of each part meanwhile; the gateway's functions together. */
  cpuSeconds: ReadonlyMap<string, number>;
  peakResidentBytes: number;
}

/** Events as fast as they come for `seconds`, then until all are stored. */
export function measureTopRate(
  cluster: Cluster,
  settings: Settings,
  { seconds }: { seconds: number },
): Promise<Measured> {
  return measure(cluster, settings, 'top rate', seconds, async () => {
    const answer = await generateOnce({
      gatewayUrl: settings.gatewayUrl,
      // More than can be written in the time; the run is left there.
      parameters: { run_id: newRunId('benchmark'), count: 1_000_000_000 },
      sliceSeconds: seconds,
    });
    return answer.produced;
  });
}

/** Events at a steady rate for `seconds`. */
export function measureSteadyRate(
  cluster: Cluster,
  settings: Settings,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Measured> {
  return measure(cluster, settings, `${count(rate)} events/s`, seconds, async () => {
    const answer = await generateUntilDone({
      gatewayUrl: settings.gatewayUrl,
      parameters: { run_id: newRunId('benchmark'), rate, duration_seconds: seconds },
      sliceSeconds: seconds + 5,
    });
    return answer.produced;
  });
}

async function measure(
  cluster: Cluster,
  settings: Settings,
  title: string,
  seconds: number,
  produce: () => Promise<number>,
): Promise<Measured> {
  const latency = createHistogramReader({ metric: 'event_stored_latency_seconds', label: 'store' });
  const batchSizes = createHistogramReader({ metric: 'connector_batch_size', label: 'function' });
  const wanted = /^(event_stored_latency_seconds|connector_batch_size)_bucket$/;
  const sample = async () => {
    const samples = (await readMetrics(settings, (name) => wanted.test(name))) ?? [];
    latency.read(samples);
    batchSizes.read(samples);
  };
  await untilDrained(cluster, settings);
  await sample();
  const cpuBefore = await cpuOf(settings);
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const progress = createProgress(title, { total: seconds });
  const timer = setInterval(() => progress.update(Math.min(seconds, elapsed())), 500);
  try {
    const events = await produce();
    const producedSeconds = elapsed();
    await untilDrained(cluster, settings, { pollMs: 50 });
    const storedSeconds = elapsed();
    progress.update(seconds, `${count(events)} events, stored after ${storedSeconds.toFixed(1)} s`);
    await sample();
    const cpuAfter = await cpuOf(settings);
    return {
      events,
      producedSeconds,
      storedSeconds,
      latency: latency.distributions(),
      batchSizes: batchSizes.distributions(),
      cpuSeconds: new Map([...cpuAfter].map(([part, value]) => [part, value - (cpuBefore.get(part) ?? 0)])),
      peakResidentBytes: (await askStatus(settings))?.peakMemoryBytes ?? 0,
    };
  } finally {
    clearInterval(timer);
    progress.finish();
  }
}

async function cpuOf(settings: Settings): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { name, usage } of (await askStatus(settings))?.parts ?? []) {
    if (!usage) continue;
    found.set(name, usage.cpuSeconds);
    if (usage.childrenCpuSeconds > 0) found.set('functions', usage.childrenCpuSeconds);
  }
  return found;
}
