import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { generateOnce, generateUntilDone } from '../generator/generate.ts';
import { newRunId } from '../generator/run.ts';
import { untilDrained } from '../proof/drained.ts';
import { askStatus } from '../supervisor/client.ts';
import { createProgress } from '../terminal/progress.ts';
import { count } from '../terminal/table.ts';
import { type Recorded, recording } from './recorder.ts';

export interface Measured extends Recorded {
  events: number;
  /** Until the last event was written; until both stores had acknowledged it. */
  producedSeconds: number;
  storedSeconds: number;
  peakResidentBytes: number;
}

/** Events as fast as they come for `seconds`, then until all are stored. */
export function measureTopRate(
  cluster: Cluster,
  settings: Settings,
  { seconds }: { seconds: number },
): Promise<Measured> {
  return measure(cluster, settings, { title: 'top rate', rate: 0, seconds }, async () => {
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
  return measure(cluster, settings, { title: `${count(rate)} events/s`, rate, seconds }, async () => {
    const answer = await generateUntilDone({
      gatewayUrl: settings.gatewayUrl,
      parameters: { run_id: newRunId('benchmark'), rate, duration_seconds: seconds },
      // Node's fetch waits at most five minutes for an answer; the run goes on in the next call.
      sliceSeconds: Math.min(60, seconds + 5),
    });
    return answer.produced;
  });
}

async function measure(
  cluster: Cluster,
  settings: Settings,
  { title, rate, seconds }: { title: string; rate: number; seconds: number },
  produce: () => Promise<number>,
): Promise<Measured> {
  await untilDrained(cluster, settings);
  const progress = createProgress(title, { total: seconds });
  const { outcome, recorded } = await recording(settings, async (setRate) => {
    setRate(rate);
    const startedAt = performance.now();
    const elapsed = () => (performance.now() - startedAt) / 1000;
    const timer = setInterval(() => progress.update(Math.min(seconds, elapsed())), 500);
    try {
      const events = await produce();
      const producedSeconds = elapsed();
      await untilDrained(cluster, settings, { pollMs: 50 });
      return { events, producedSeconds, storedSeconds: elapsed() };
    } finally {
      clearInterval(timer);
    }
  }).finally(() => progress.finish());
  const { events, storedSeconds } = outcome;
  progress.update(seconds, `${count(events)} events, stored after ${storedSeconds.toFixed(1)} s`);
  progress.finish();
  return { ...outcome, ...recorded, peakResidentBytes: (await askStatus(settings))?.peakMemoryBytes ?? 0 };
}
