import { setTimeout as delay } from 'node:timers/promises';
import { createKafka } from '../../../shared/clients/kafka/index.ts';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { bounds, type Offsets } from '../../../shared/clients/kafka-protocol/read-log.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { createLogger } from '../../../shared/log/index.ts';
import { recording } from '../benchmark/recorder.ts';
import { microsecondsOf } from '../benchmark/summary.ts';
import { generateUntilDone } from '../generator/generate.ts';
import { newRunId } from '../generator/run.ts';
import { backlogs, untilDrained } from '../proof/drained.ts';
import { askHalt, askResume } from '../supervisor/client.ts';
import { type Baseline, runBaseline } from './baseline.ts';
import { countStored, withEmptyStores } from './stores.ts';

/** What one of them did with the events of one run. */
export interface Outcome {
  name: string;
  events: number;
  seconds: number;
  /** Microseconds of processor an event: its own processes, and the engines meanwhile. */
  own: number;
  engines: number;
  /** Of its own, each process. */
  processes: Record<string, number>;
  /** Valid events less those that came into each store. */
  missing: { mongodb: number; clickhouse: number };
}

const isEngine = (name: string) => /^(kafka-\d+|mongodb|clickhouse)$/.test(name);
const ours = new Set(['connector', 'gateway', 'transform', 'mongo-write', 'clickhouse-write']);

/** Produces events once, then lets each baseline and then the pipeline take them, one at a time. */
export async function runPeers(
  cluster: Cluster,
  settings: Settings,
  {
    baselines,
    events,
    limitSeconds,
  }: { baselines: readonly Baseline[]; events: number; limitSeconds: number },
): Promise<Outcome[]> {
  await untilDrained(cluster, settings);
  await askHalt(settings, 'connector');
  try {
    const from = (await bounds(cluster, settings.rawTopic)).end;
    const runId = newRunId('peers');
    const { valid } = await generateUntilDone({
      gatewayUrl: settings.gatewayUrl,
      parameters: { run_id: runId, count: events },
      sliceSeconds: 60,
    });
    const outcomes: Outcome[] = [];
    for (const baseline of baselines) {
      if ('skipped' in baseline) continue;
      const group = `${runId}-${baseline.name}`;
      await beginAt(settings, group, from);
      outcomes.push(await playBaseline(settings, { baseline, group, events, valid, limitSeconds }));
    }
    return [...outcomes, await playOurs(cluster, settings, { events, valid })];
  } finally {
    await askResume(settings, 'connector');
  }
}

/** A consumer group that begins where the events of this run do. */
async function beginAt(settings: Settings, groupId: string, from: Offsets): Promise<void> {
  const admin = createKafka({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'peers',
    log: createLogger('peers', { LOG_LEVEL: 'error' }),
  }).admin();
  await admin.connect();
  try {
    const partitions = [...from].map(([partition, offset]) => ({ partition, offset: String(offset) }));
    await admin.setOffsets({ groupId, topic: settings.rawTopic, partitions });
  } finally {
    await admin.disconnect();
  }
}

async function playBaseline(
  settings: Settings,
  {
    baseline,
    group,
    events,
    valid,
    limitSeconds,
  }: {
    baseline: { name: string; command: readonly string[] };
    group: string;
    events: number;
    valid: number;
    limitSeconds: number;
  },
): Promise<Outcome> {
  const database = `baseline_${baseline.name}`;
  const { outcome, stored } = await withEmptyStores(settings, database, () =>
    recording(settings, () =>
      runBaseline(baseline, {
        limitSeconds,
        env: {
          KAFKA_BOOTSTRAP_SERVERS: settings.kafkaBootstrapServers,
          EVENTS_RAW_TOPIC: settings.rawTopic,
          GROUP: group,
          EXPECTED_EVENTS: String(events),
          MONGODB_URI: settings.mongodbUri,
          MONGODB_DATABASE: database,
          CLICKHOUSE_URL: settings.clickhouseUrl,
          CLICKHOUSE_USER: settings.clickhouseUser,
          CLICKHOUSE_PASSWORD: settings.clickhousePassword ?? '',
          CLICKHOUSE_DATABASE: database,
        },
      }),
    ),
  );
  const { cpuSeconds, seconds } = outcome.outcome;
  const own = (cpuSeconds * 1e6) / events;
  return {
    name: baseline.name,
    events,
    seconds,
    own,
    engines: costs(outcome.recorded.cpuSeconds, events, isEngine).sum,
    processes: { consumer: own },
    missing: { mongodb: valid - stored.mongodb, clickhouse: valid - stored.clickhouse },
  };
}

/** The clock begins with the first events, as that of the baselines does. */
async function playOurs(
  cluster: Cluster,
  settings: Settings,
  { events, valid }: { events: number; valid: number },
): Promise<Outcome> {
  const stored = await countStored(settings);
  const waiting = async () =>
    (await backlogs(cluster, settings)).find((each) => each.function === 'transform')?.records ?? 0;
  const { outcome: seconds, recorded } = await recording(settings, async () => {
    const before = await waiting();
    await askResume(settings, 'connector');
    while ((await waiting()) >= before) await delay(20);
    const startedAt = performance.now();
    await untilDrained(cluster, settings, { pollMs: 50 });
    return (performance.now() - startedAt) / 1000;
  });
  const after = await countStored(settings);
  const missing = {
    mongodb: valid - (after.mongodb - stored.mongodb),
    clickhouse: valid - (after.clickhouse - stored.clickhouse),
  };
  const own = costs(recorded.cpuSeconds, events, (name) => ours.has(name));
  const engines = costs(recorded.cpuSeconds, events, isEngine);
  return {
    name: 'pipeline',
    events,
    seconds,
    own: own.sum,
    engines: engines.sum,
    processes: own.each,
    missing,
  };
}

function costs(
  cpuSeconds: ReadonlyMap<string, number>,
  events: number,
  wanted: (name: string) => boolean,
): { each: Record<string, number>; sum: number } {
  const each = microsecondsOf(new Map([...cpuSeconds].filter(([name]) => wanted(name))), events);
  return { each, sum: Object.values(each).reduce((sum, one) => sum + one, 0) };
}
