import type { FunctionStatus, GatewayClient } from '../../shared/clients/gateway/index.ts';
import { messageOf } from '../../shared/errors/index.ts';
import type { Logger } from '../../shared/log/index.ts';
import { counter, gauge } from '../../shared/metrics/index.ts';
import { parseAnnotations } from '../connector/functions/annotations.ts';
import { createScaler, type ScaleSpec } from './decide.ts';
import { createMeter } from './measure.ts';
import { readingsByFunction } from './readings.ts';

const wanted = gauge({
  name: 'autoscaler_replicas_wanted',
  help: 'Replicas that the autoscaler asked for',
  labels: ['function'],
});
const decisions = counter({
  name: 'autoscaler_decisions_total',
  help: 'Decisions by direction: up, down or keep',
  labels: ['function', 'direction'],
});
const stuck = gauge({
  name: 'autoscaler_stuck_partitions',
  help: 'Partitions with waiting records that do not move',
  labels: ['function'],
});

const rounds = counter({
  name: 'autoscaler_rounds_total',
  help: 'Rounds of reading, deciding and scaling that were completed',
});
const lagTarget = gauge({
  name: 'autoscaler_lag_target_seconds',
  help: 'Lag that the function is to be held under',
  labels: ['function'],
});

export interface AutoscalerOptions {
  gateway: GatewayClient;
  /** Fetches the metrics texts of all connectors; a connector that does not answer is left out. */
  readConnectors(): Promise<string[]>;
  deadLetterTopic: string;
  log: Logger;
  now?: () => number;
}

/** Replicas that a function with a lag target may have when it does not say; what the community edition allows. */
const DEFAULT_MAX_REPLICAS = 5;

/**
 * Scales every function that has the annotation `kafka.lag-target`, through the gateway's REST API.
 * It remembers nothing that matters: started anew it measures again.
 */
export function createAutoscaler({
  gateway,
  readConnectors,
  deadLetterTopic,
  log,
  now = Date.now,
}: AutoscalerOptions) {
  const functions = new Map<
    string,
    { meter: ReturnType<typeof createMeter>; decide: ReturnType<typeof createScaler>; said?: string }
  >();
  let lastTickMs = now();

  function specOf(status: FunctionStatus): ScaleSpec | undefined {
    const subscription = parseAnnotations(status.name, status.annotations ?? {}, {
      deadLetterTopic,
    })?.subscription;
    if (subscription?.lagTargetSeconds === undefined) return undefined;
    // A function scaled to zero is woken by its first call, which the connector makes.
    const minReplicas = Math.max(1, subscription.minReplicas ?? 1);
    return {
      lagTargetSeconds: subscription.lagTargetSeconds,
      minReplicas,
      maxReplicas: Math.max(minReplicas, subscription.maxReplicas ?? DEFAULT_MAX_REPLICAS),
    };
  }

  async function scaleOne(
    status: FunctionStatus,
    spec: ScaleSpec,
    measured: ReturnType<typeof readingsByFunction>,
  ) {
    const { name, replicas } = status;
    let state = functions.get(name);
    if (!state) {
      state = { meter: createMeter(), decide: createScaler() };
      functions.set(name, state);
    }
    const readings = measured.get(name);
    // Connectors that are away for a moment say nothing of a function; that is no reason to take replicas from it.
    if (!readings) return;
    const measurement = state.meter(now(), readings);
    if (!measurement) return;
    stuck.set({ function: name }, measurement.stuckPartitions.length);
    lagTarget.set({ function: name }, spec.lagTargetSeconds);
    const decision = state.decide(now(), spec, replicas, measurement);
    const direction = decision.replicas > replicas ? 'up' : decision.replicas < replicas ? 'down' : 'keep';
    wanted.set({ function: name }, decision.replicas);
    decisions.inc({ function: name, direction });
    const line = { function: name, replicas, wanted: decision.replicas, reason: decision.reason };
    if (direction !== 'keep') {
      log.info(line, `scales ${direction}`);
      await gateway.scale(name, decision.replicas);
    } else if (decision.reason !== state.said) {
      log.debug(line, 'keeps');
    }
    state.said = decision.reason;
  }

  function forgetAllBut(scaled: ReadonlySet<string>): void {
    for (const name of functions.keys()) {
      if (scaled.has(name)) continue;
      functions.delete(name);
      wanted.remove({ function: name });
      stuck.remove({ function: name });
      lagTarget.remove({ function: name });
    }
  }

  return {
    /** Milliseconds of the last completed round: the health of the loop. */
    lastTickMs: () => lastTickMs,
    /** One round: read, decide, scale. Never throws; what went wrong is logged and the next round tries again. */
    async tick(): Promise<void> {
      try {
        const [deployed, texts] = await Promise.all([gateway.listFunctions(), readConnectors()]);
        const measured = readingsByFunction(texts);
        const specs = new Map(deployed.map((status) => [status, specOf(status)]));
        forgetAllBut(new Set([...specs].flatMap(([{ name }, spec]) => (spec ? [name] : []))));
        for (const [status, spec] of specs) if (spec) await scaleOne(status, spec, measured);
        lastTickMs = now();
        rounds.inc();
      } catch (error) {
        log.warn({ err: messageOf(error) }, 'cannot scale now');
      }
    },
  };
}
