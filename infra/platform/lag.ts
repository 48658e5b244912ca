import type { Settings } from '../../shared/config/index.ts';
import { readMetrics } from './gateway-metrics.ts';

/** How far the readers of a topic are behind, all partitions together, as the connector last measured it. */
export interface Lag {
  function: string;
  records: number;
  /** Age of the oldest record that is not delivered. */
  seconds: number;
}

/** Lag of each function; undefined while the connector's metrics cannot be had. */
export async function readLag(settings: Settings): Promise<Lag[] | undefined> {
  const samples = await readMetrics(settings, (name) => name.startsWith('connector_lag_'));
  if (!samples?.length) return undefined;
  const lags = new Map<string, Lag>();
  for (const { name, labels, value } of samples) {
    const key = labels.function ?? '';
    const lag = lags.get(key) ?? { function: key, records: 0, seconds: 0 };
    if (name === 'connector_lag_records') lag.records += value;
    if (name === 'connector_lag_seconds') lag.seconds = Math.max(lag.seconds, value);
    lags.set(key, lag);
  }
  return [...lags.values()];
}
