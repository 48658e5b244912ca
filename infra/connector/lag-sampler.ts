import type { Cluster } from '../../shared/clients/kafka-protocol/cluster.ts';
import { listOffsets } from '../../shared/clients/kafka-protocol/list-offsets.ts';
import { messageOf } from '../../shared/errors/index.ts';
import type { Logger } from '../../shared/log/index.ts';
import type { Runner } from './functions/runner.ts';
import { lagOf } from './lag.ts';
import type { ConnectorMetrics } from './metrics.ts';

const INTERVAL_MS = 1000;
const LANE = 'lag';

/** Brings the lag of every partition that is ours up to date once a second. */
export function createLagSampler({
  runners,
  cluster,
  metrics,
  log,
}: {
  runners: () => Iterable<Runner>;
  cluster: Cluster;
  metrics: ConnectorMetrics;
  log: Logger;
}): { close(): void } {
  let shown = new Map<string, Record<string, string>>();
  let asking = false;
  let warned = false;

  async function sample(): Promise<void> {
    const now = new Map<string, Record<string, string>>();
    for (const runner of runners()) {
      const { functionName } = runner.subscription;
      for (const state of await withEnds(runner)) {
        const labels = { function: functionName, topic: state.topic, partition: String(state.partition) };
        const lag = lagOf(state, Date.now());
        if (lag === undefined || state.position === undefined) continue;
        now.set(Object.values(labels).join('/'), labels);
        metrics.lagRecords.set(labels, lag.records);
        metrics.lagSeconds.set(labels, lag.seconds);
        metrics.position.set(labels, state.position);
        metrics.heldSeconds.set(
          labels,
          state.heldSinceMs === undefined ? 0 : (Date.now() - state.heldSinceMs) / 1000,
        );
      }
    }
    // A partition that went to another connector is that one's to report.
    for (const [key, labels] of shown) {
      if (now.has(key)) continue;
      metrics.lagRecords.remove(labels);
      metrics.lagSeconds.remove(labels);
      metrics.position.remove(labels);
      metrics.heldSeconds.remove(labels);
    }
    shown = now;
  }

  /** A partition whose buffer is full is not fetched, so its end is asked for. */
  async function withEnds(runner: Runner) {
    const states = runner.partitions();
    const stale = states.filter((state) => state.position !== undefined && state.endIsOld);
    const byTopic = Map.groupBy(stale, ({ topic }) => topic);
    for (const [topic, each] of byTopic) {
      const partitions = each.map(({ partition }) => partition);
      const ends = await listOffsets(cluster, { topic, partitions, at: 'latest', lane: LANE });
      for (const state of each) state.stableEnd = ends.get(state.partition) ?? state.stableEnd;
    }
    return states;
  }

  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    sample()
      .then(() => {
        warned = false;
      })
      .catch((error) => {
        if (!warned) log.warn({ err: messageOf(error) }, 'lag cannot be measured at present');
        warned = true;
      })
      .finally(() => {
        asking = false;
      });
  }, INTERVAL_MS);
  return { close: () => clearInterval(timer) };
}
