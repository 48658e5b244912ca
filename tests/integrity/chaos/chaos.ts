import { setTimeout as delay } from 'node:timers/promises';
import { createCluster } from '../../../infra/connector/kafka/cluster.ts';
import { bringUp } from '../../../infra/platform/bring-up.ts';
import { generateUntilDone } from '../../../infra/platform/generator/generate.ts';
import { persist } from '../../../infra/platform/persist.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';
import { untilDrained } from '../../../infra/platform/proof/drained.ts';
import { type Proof, prove } from '../../../infra/platform/proof/proof.ts';
import { bounds, type Offsets } from '../../../infra/platform/proof/read-log.ts';
import { ensureSupervisor } from '../../../infra/platform/supervisor/client.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { type Injected, inject } from './inject.ts';
import { createRandom } from './random.ts';
import { createSchedule, type Kind, type Role, type ScheduledFault } from './schedule.ts';

export interface ChaosOptions {
  seed: number;
  faults: number;
  events: number;
  roles?: readonly Role[] | undefined;
  kinds?: readonly Kind[] | undefined;
  /** Settings of a platform of its own: data folder and ports; the gateway's address is that of the fault proxy. */
  env: NodeJS.ProcessEnv;
  onLine: (line: string) => void;
}

export interface ChaosReport {
  seed: number;
  events: number;
  seconds: number;
  injected: Injected[];
  /** One proof a round; a round is what fits into memory as a ledger. */
  proofs: Proof[];
  lost: number;
  doubled: number;
}

/** Events of one round: its ledger is kept in memory event by event. */
const ROUND_EVENTS = 1_000_000;
/** About what one fault takes, its pause included; the load is spread over so long. */
const SECONDS_A_FAULT = 2;

/**
 * Runs the whole platform under load while a seeded schedule of faults hits every role, then counts each event
 * in both stores and every rollup. Leaves the platform up.
 */
export async function runChaos({
  seed,
  faults,
  events,
  roles,
  kinds,
  env,
  onLine,
}: ChaosOptions): Promise<ChaosReport> {
  const startedMs = Date.now();
  const proxy = await startFaultProxy({ gatewayPort: Number(env.GATEWAY_PORT) });
  // The supervisor is started with the environment of this process.
  Object.assign(process.env, env, { GATEWAY_URL: proxy.url });
  const settings = platformSettings();
  const report: ChaosReport = { seed, events, seconds: 0, injected: [], proofs: [], lost: 0, doubled: 0 };
  try {
    await bringUp(settings);
    const schedule = createSchedule({ seed, faults, ...(roles && { roles }), ...(kinds && { kinds }) });
    const random = createRandom(seed ^ 0x5eed);
    const rounds = Math.max(1, Math.ceil(events / ROUND_EVENTS));
    for (let round = 0; round < rounds; round++) {
      const part = share(schedule, round, rounds);
      const count = Math.floor((events * (round + 1)) / rounds) - Math.floor((events * round) / rounds);
      const proof = await oneRound({
        settings,
        proxy,
        random,
        part,
        count,
        runId: `chaos-${seed}-${round}`,
        onLine,
        report,
      });
      report.proofs.push(proof);
      report.lost += proof.lost;
      report.doubled += proof.doubled;
      onLine(
        `round ${round + 1} of ${rounds}: ${proof.raw} events, ${proof.lost} lost, ${proof.doubled} doubled`,
      );
    }
  } finally {
    report.seconds = Math.round((Date.now() - startedMs) / 1000);
    await proxy.close();
  }
  return report;
}

async function oneRound({
  settings,
  proxy,
  random,
  part,
  count,
  runId,
  onLine,
  report,
}: {
  settings: Settings;
  proxy: Awaited<ReturnType<typeof startFaultProxy>>;
  random: () => number;
  part: ScheduledFault[];
  count: number;
  runId: string;
  onLine: (line: string) => void;
  report: ChaosReport;
}): Promise<Proof> {
  const cluster = createCluster({ bootstrapServers: settings.kafkaBootstrapServers, clientId: 'chaos' });
  try {
    const before = await persist(settings, () => topicEnds(cluster, settings));
    const rate = Math.max(500, Math.round(count / Math.max(1, part.length * SECONDS_A_FAULT)));
    const generating = generateUntilDone({
      gatewayUrl: settings.gatewayUrl,
      parameters: { run_id: runId, count, rate },
      sliceSeconds: 20,
      onTrouble: async () => {
        await ensureSupervisor(settings);
      },
    });
    // Handled where it is awaited; a failure before that must not end the process.
    generating.catch(() => {});
    for (const scheduled of part) {
      await delay(scheduled.afterMs);
      const injected = await inject(scheduled, { settings, proxy, random });
      report.injected.push(injected);
      onLine(describe(injected));
    }
    await generating;
    const ends = await untilDrained(cluster, settings);
    return await persist(settings, () =>
      prove(cluster, settings, {
        raw: { from: before.raw, to: ends.raw },
        clean: { from: before.clean, to: ends.clean },
      }),
    );
  } finally {
    await cluster.close();
  }
}

async function topicEnds(
  cluster: ReturnType<typeof createCluster>,
  settings: Settings,
): Promise<{ raw: Offsets; clean: Offsets }> {
  const [raw, clean] = await Promise.all([
    bounds(cluster, settings.rawTopic),
    bounds(cluster, settings.cleanTopic),
  ]);
  return { raw: raw.end, clean: clean.end };
}

function share<T>(items: readonly T[], index: number, parts: number): T[] {
  return items.slice(
    Math.floor((items.length * index) / parts),
    Math.floor((items.length * (index + 1)) / parts),
  );
}

function describe({ number, fault, inFlight, happened }: Injected): string {
  const ms = 'ms' in fault ? ` for ${fault.ms} ms` : '';
  const how = !happened ? 'did not happen' : inFlight ? 'with work in flight' : 'idle';
  return `fault ${number}: ${fault.kind} ${fault.role}${ms}, ${how}`;
}
