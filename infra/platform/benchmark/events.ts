import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../../shared/config/index.ts';
import { readMetrics } from '../gateway-metrics.ts';
import { generateOnce, generateUntilDone } from '../generator/generate.ts';
import { newRunId } from '../generator/run.ts';
import { readersOf } from '../proof/drained.ts';

/** Does `work` while events come at a steady rate; they end with it. */
export async function withEvents<T>(
  settings: Settings,
  { rate }: { rate: number },
  work: () => Promise<T>,
): Promise<T> {
  const parameters = { run_id: newRunId('benchmark'), rate, duration_seconds: 86_400 };
  let done = false;
  const producing = generateUntilDone({
    gatewayUrl: settings.gatewayUrl,
    parameters,
    sliceSeconds: 2,
    until: () => done,
  });
  try {
    // Without its events the work measures nothing.
    return await Promise.race([work(), producing.then(() => new Promise<never>(() => {}))]);
  } finally {
    done = true;
    await producing.catch(() => {});
  }
}

/** Writes events at a rate for so long. @returns how many a second were written. */
export async function burst(
  settings: Settings,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<number> {
  const startedAt = performance.now();
  const { produced } = await generateOnce({
    gatewayUrl: settings.gatewayUrl,
    parameters: { run_id: newRunId('burst'), rate, duration_seconds: seconds },
    sliceSeconds: seconds,
  });
  return produced / ((performance.now() - startedAt) / 1000);
}

/**
 * Waits until every reader of every partition is less than a second behind, and stays so for two readings of it.
 *
 * @returns seconds until the first of them; undefined when `limitSeconds` were not enough.
 */
export async function untilCaughtUp(
  settings: Settings,
  { limitSeconds }: { limitSeconds: number },
): Promise<number | undefined> {
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const readers = readersOf(settings);
  const topics = new Set(readers.map(({ topic }) => topic));
  const series = readers.length * settings.eventsPartitions;
  let since: number | undefined;
  while (elapsed() < limitSeconds) {
    const at = elapsed();
    const samples = (await readMetrics(settings, (name) => name === 'connector_lag_seconds')) ?? [];
    const lags = samples.filter(({ labels }) => topics.has(labels.topic ?? ''));
    // The connector looks at its lag once a second.
    const well = lags.length >= series && lags.every(({ value }) => value < 1);
    since = well ? (since ?? at) : undefined;
    if (since !== undefined && at - since > 2) return since;
    await delay(200);
  }
  return undefined;
}
