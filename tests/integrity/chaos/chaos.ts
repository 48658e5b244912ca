import { setTimeout as delay } from 'node:timers/promises';
import { bringUp } from '../../../infra/platform/bring-up.ts';
import { persist } from '../../../infra/platform/persist.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';
import { untilDrained } from '../../../infra/platform/proof/drained.ts';
import { type Proof, prove, wholeLog } from '../../../infra/platform/proof/proof.ts';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { type Injected, inject } from './inject.ts';
import { keepLoad } from './load.ts';
import { createRandom } from './random.ts';
import { createSchedule, type Kind, type Role } from './schedule.ts';

export interface ChaosOptions {
  seed: number;
  faults: number;
  /** At least so many are sent; more when the faults take longer. */
  events: number;
  roles?: readonly Role[] | undefined;
  kinds?: readonly Kind[] | undefined;
  /** Settings of a platform of its own: data folder and ports; the gateway's address is that of the fault proxy. */
  env: NodeJS.ProcessEnv;
  onLine: (line: string) => void;
}

export interface ChaosResult {
  seconds: number;
  /** Events that the generator says it has written. */
  sent: number;
  injected: Injected[];
  proof: Proof;
}

/**
 * Runs the whole platform under load while a seeded schedule of faults hits every role, then looks for each event of
 * the run in both stores and every rollup. Leaves the platform up.
 */
export async function runChaos({
  seed,
  faults,
  events,
  roles,
  kinds,
  env,
  onLine,
}: ChaosOptions): Promise<ChaosResult> {
  const startedMs = Date.now();
  const proxy = await startFaultProxy({ gatewayPort: Number(env.GATEWAY_PORT) });
  // The supervisor is started with the environment of this process.
  Object.assign(process.env, env, { GATEWAY_URL: proxy.url });
  const settings = platformSettings();
  const stopped = new AbortController();
  const cluster = createCluster({ bootstrapServers: settings.kafkaBootstrapServers, clientId: 'chaos' });
  try {
    await bringUp(settings);
    const schedule = createSchedule({ seed, faults, ...(roles && { roles }), ...(kinds && { kinds }) });
    const random = createRandom(seed ^ 0x5eed);
    const injected: Injected[] = [];
    const loading = keepLoad({
      settings,
      runId: `chaos-${seed}`,
      events,
      faultsLeft: () => schedule.length - injected.length,
      signal: stopped.signal,
    });
    // Handled where it is awaited; a failure before that must not end the process.
    loading.catch(() => {});
    for (const scheduled of schedule) {
      await delay(scheduled.afterMs);
      injected.push(await inject(scheduled, { settings, proxy, random }));
      onLine(describe(injected.at(-1) as Injected));
    }
    const sent = await loading;
    onLine(`${sent} events sent; waiting until all have arrived`);
    await untilDrained(cluster, settings);
    const proof = await persist(settings, async () =>
      prove(cluster, settings, await wholeLog(cluster, settings)),
    );
    return { seconds: Math.round((Date.now() - startedMs) / 1000), sent, injected, proof };
  } finally {
    stopped.abort();
    await cluster.close();
    await proxy.close();
  }
}

function describe({ number, fault, inFlight, happened }: Injected): string {
  const ms = 'ms' in fault ? ` for ${fault.ms} ms` : '';
  const how = !happened ? 'did not happen' : inFlight ? 'with work in flight' : 'idle';
  return `fault ${number}: ${fault.kind} ${fault.role}${ms}, ${how}`;
}
