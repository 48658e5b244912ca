import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { bounds, type Offsets } from '../../../shared/clients/kafka-protocol/read-log.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { readMetrics } from '../gateway-metrics.ts';
import { type GenerateAnswer, generateUntilDone } from '../generator/generate.ts';
import { newRunId } from '../generator/run.ts';
import { persist } from '../persist.ts';
import { type Backlog, untilDrained } from '../proof/drained.ts';
import { type Proof, prove, wholeLog } from '../proof/proof.ts';
import { ensureSupervisor } from '../supervisor/client.ts';
import { createProgress } from '../terminal/progress.ts';
import { count } from '../terminal/table.ts';
import { createHistogramReader, type Distribution } from './latency.ts';

export interface DemoResult {
  generated: GenerateAnswer;
  proof: Proof;
  /** Records that came into events_raw since the start; more than generated when somebody else sends too. */
  arrived: number;
  seconds: number;
  /** Produce → stored, by store. */
  latency: ReadonlyMap<string, Distribution>;
}

/** Up to here every record of the log is looked at; of a longer log, what this run brought. */
const wholeLogLimit = 2_000_000;

/** Sends events through a running platform, waits until all of them have arrived, and proves it. */
export async function runDemo(
  settings: Settings,
  { events, history }: { events: number; history: number },
): Promise<DemoResult> {
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'demo',
    connectionOptions: securityOptions(settings),
  });
  const latency = createHistogramReader({ metric: 'event_stored_latency_seconds', label: 'store' });
  const readLatency = async () =>
    latency.read((await readMetrics(settings, (name) => name.startsWith('event_stored_latency'))) ?? []);
  try {
    const before = await persist(settings, () => topicEnds(cluster, settings));
    await readLatency();
    const startedAt = performance.now();
    const sampling = setInterval(readLatency, 1000);
    const generated = await produce(cluster, settings, before.raw, { events, history });
    const ends = await drain(cluster, settings);
    const seconds = (performance.now() - startedAt) / 1000;
    clearInterval(sampling);
    await readLatency();
    const proof = await persist(settings, async () => {
      const whole = await wholeLog(cluster, settings);
      if (records(whole.raw.from, whole.raw.to) <= wholeLogLimit)
        return prove(cluster, settings, whole, { since: before.raw });
      return prove(cluster, settings, {
        raw: { from: before.raw, to: ends.raw },
        clean: { from: before.clean, to: ends.clean },
      });
    });
    return { generated, proof, arrived: proof.rawSince, seconds, latency: latency.distributions() };
  } finally {
    await cluster.close();
  }
}

async function topicEnds(cluster: Cluster, settings: Settings): Promise<{ raw: Offsets; clean: Offsets }> {
  const [raw, clean] = await Promise.all([
    bounds(cluster, settings.rawTopic),
    bounds(cluster, settings.cleanTopic),
  ]);
  return { raw: raw.end, clean: clean.end };
}

async function produce(
  cluster: Cluster,
  settings: Settings,
  before: Offsets,
  { events, history }: { events: number; history: number },
): Promise<GenerateAnswer> {
  const total = events + history;
  const progress = createProgress('produce', { total });
  let seen = 0;
  // The call answers at its end only; the log shows what is there by now (a little more: markers count).
  const watching = setInterval(async () => {
    const now = await bounds(cluster, settings.rawTopic).catch(() => undefined);
    if (!now) return;
    const written = Math.min(total, records(before, now.end));
    progress.update(written, written > seen ? '' : undefined);
    seen = written;
  }, 500);
  try {
    const generated = await generateUntilDone({
      gatewayUrl: settings.gatewayUrl,
      // The same at every call: whatever is killed, the next call goes on with this run.
      parameters: { run_id: newRunId('demo'), count: events, history },
      sliceSeconds: 10,
      onTrouble: async (reason) => {
        progress.update(seen, `tries again: ${reason.slice(0, 60)}`);
        await ensureSupervisor(settings);
      },
    });
    progress.update(total, `${count(generated.produced)} events`);
    return generated;
  } finally {
    clearInterval(watching);
    progress.finish();
  }
}

async function drain(cluster: Cluster, settings: Settings): Promise<{ raw: Offsets; clean: Offsets }> {
  let most = 1;
  const progress = createProgress('drain', { total: 1 });
  const ends = await untilDrained(cluster, settings, {
    onWait: async (left: readonly Backlog[], trouble) => {
      const sum = left.reduce((total, { records: n }) => total + n, 0);
      most = Math.max(most, sum);
      const detail = trouble ?? left.map((one) => `${one.function} ${count(one.records)}`).join(', ');
      progress.update(trouble ? 0 : 1 - sum / most, `to go: ${detail}`);
      if (trouble) await ensureSupervisor(settings);
    },
  });
  progress.update(1, 'nothing to go');
  progress.finish();
  return ends;
}

function records(from: Offsets, to: Offsets): number {
  return [...to].reduce((sum, [partition, end]) => sum + end - (from.get(partition) ?? 0), 0);
}
