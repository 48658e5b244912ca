import { setTimeout as delay } from 'node:timers/promises';
import { bringUp } from '../../../infra/platform/bring-up.ts';
import { generateUntilDone } from '../../../infra/platform/generator/generate.ts';
import { persist } from '../../../infra/platform/persist.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';
import { untilDrained } from '../../../infra/platform/proof/drained.ts';
import { type Proof, prove, wholeLog } from '../../../infra/platform/proof/proof.ts';
import { idsOfSession } from '../../../infra/platform/proof/session.ts';
import { visitors } from '../../../infra/platform/soak/visitors.ts';
import { ensureSupervisor } from '../../../infra/platform/supervisor/client.ts';
import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { type Growth, watchGrowth } from './growth.ts';
import { longestPause } from './pauses.ts';

/** One fault, and what was seen of it from outside. */
export interface Episode {
  what: string;
  seconds: number;
  /** Of a trickle of single events: the longest time without an acknowledged one, and what became of them. */
  ingest: { pauseMs: number; accepted: number; refused: number; failed: number };
  /** Of each store or shard: the longest time in which no write was seen. */
  pauseMs: Record<string, number>;
}

/** A platform under load, as those who strike it see it. */
export interface Stand {
  settings: Settings;
  cluster: Cluster;
  /** Stores whose writes are seen; MongoDB is among them. */
  watched: Growth;
  /** Does `work` and lets the load go on for the settling time after it. */
  episode(what: string, work: () => Promise<void>): Promise<void>;
}

export interface Result {
  /** In all, and under load. */
  seconds: number;
  loadSeconds: number;
  /** Written by the generator, and accepted by `ingest`. */
  generated: number;
  accepted: number;
  /** Answered with 429 or 503, or not at all: may be stored, and need not. */
  unanswered: number;
  /** What failed requests said, some of them. */
  reasons: string[];
  /** Accepted events that are not in ClickHouse. */
  missing: number;
  episodes: Episode[];
  proof: Proof;
}

export interface StandOptions {
  env: NodeJS.ProcessEnv;
  seed: number;
  /** Events a second of the generator. */
  rate: number;
  /** Seconds that the load goes on after each fault. */
  settleSeconds: number;
  onLine: (line: string) => void;
}

/** Requests a second to `ingest`, and looks a second at each store: pauses are told as finely. */
const visitsPerSecond = 10;
const lookEveryMs = 100;

/**
 * Brings up a platform of its own, plays the faults under load, waits until all has arrived, and looks for each event in
 * both stores and every rollup. Leaves the platform up.
 *
 * @param finish between the last event's arrival and the proof.
 */
export async function runStand(
  { env, seed, rate, settleSeconds, onLine }: StandOptions,
  play: (stand: Stand) => Promise<void>,
  finish: (stand: Pick<Stand, 'settings' | 'cluster'>) => Promise<void> = async () => {},
): Promise<Result> {
  const startedMs = Date.now();
  // The supervisor is started with the environment of this process.
  process.env = { ...env };
  const settings = platformSettings();
  const cluster = createCluster({ bootstrapServers: settings.kafkaBootstrapServers, clientId: 'chaos' });
  const mongo = createMongo(settings, { socketTimeoutMs: 2000, serverSelectionTimeoutMs: 2000 });
  const watched = watchGrowth({ everyMs: lookEveryMs });
  const episodes: Episode[] = [];
  let done = false;
  try {
    await persist(settings, () => bringUp(settings));
    watched.add('mongodb', () => mongo.events().estimatedDocumentCount());
    const generating = generateUntilDone({
      gatewayUrl: settings.gatewayUrl,
      parameters: { run_id: `cluster-${seed}`, seed, rate, duration_seconds: 86_400 },
      // Taking the run over for each slice costs a moment; a new partition is seen by the next one.
      sliceSeconds: 10,
      until: () => done,
      onTrouble: async () => {
        await ensureSupervisor(settings);
      },
    });
    const session = `cluster-${seed}-${startedMs}`;
    const visiting = visitors(settings.gatewayUrl, { session, perSecond: visitsPerSecond });
    const episode = async (what: string, work: () => Promise<void>) => {
      const from = Date.now();
      const { accepted, refused, failed } = visiting.answers;
      await work();
      await delay(settleSeconds * 1000);
      const to = Date.now();
      const { answers } = visiting;
      const pause = (moments: readonly number[]) => longestPause(moments, { from, to });
      episodes.push({
        what,
        seconds: Math.round((to - from) / 1000),
        ingest: {
          pauseMs: pause(answers.acceptedAt),
          accepted: answers.accepted - accepted,
          refused: answers.refused - refused,
          failed: answers.failed - failed,
        },
        pauseMs: Object.fromEntries([...watched.moments].map(([name, moments]) => [name, pause(moments)])),
      });
      onLine(describe(episodes.at(-1) as Episode));
    };
    const loadedMs = Date.now();
    const playing = play({ settings, cluster, watched, episode }).finally(() => {
      done = true;
    });
    // Without its load a fault shows nothing.
    const [{ produced }] = await Promise.all([generating, playing]);
    const loadSeconds = Math.round((Date.now() - loadedMs) / 1000);
    const answers = await visiting.stop();
    await watched.stop();
    onLine(
      `${produced} events generated, ${answers.accepted} accepted by ingest; waiting until all have arrived`,
    );
    await untilDrained(cluster, settings);
    await finish({ settings, cluster });
    const proof = await persist(settings, async () =>
      prove(cluster, settings, await wholeLog(cluster, settings)),
    );
    const stored = await idsOfSession(settings, session);
    return {
      seconds: Math.round((Date.now() - startedMs) / 1000),
      loadSeconds,
      generated: produced,
      accepted: answers.accepted,
      unanswered: answers.refused + answers.failed,
      reasons: answers.reasons,
      missing: answers.ids.filter((id) => !stored.has(id)).length,
      episodes,
      proof,
    };
  } finally {
    done = true;
    await watched.stop();
    await Promise.all([mongo.close(), cluster.close()]);
  }
}

function describe({ what, seconds, ingest, pauseMs }: Episode): string {
  const stores = Object.entries(pauseMs).map(([name, ms]) => `${name} ${ms} ms`);
  return `${what} (${seconds} s): longest pause of ingest ${ingest.pauseMs} ms, ${ingest.refused} refused, ${ingest.failed} failed; of ${stores.join(', ')}`;
}
