import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayClient } from '../../shared/clients/gateway/index.ts';
import type { Cluster } from '../../shared/clients/kafka-protocol/cluster.ts';
import { messageOf } from '../../shared/errors/index.ts';
import type { Logger } from '../../shared/log/index.ts';
import { createByteBudget } from './call/byte-budget.ts';
import type { FunctionCaller } from './call/function-caller.ts';
import { changes, discover } from './functions/discovery.ts';
import { createRunner, type Runner } from './functions/runner.ts';
import { createLagSampler } from './lag-sampler.ts';
import { beginAtZero, connectorMetrics as metrics } from './metrics.ts';

export interface ConnectorHealth {
  ok: boolean;
  /** One line a problem. */
  problems: string[];
  functions: string[];
}

export interface Connector {
  health(): ConnectorHealth;
  /** Stops all: what is in flight is finished and acknowledged, the groups are left. */
  close(): Promise<void>;
}

export interface ConnectorOptions {
  cluster: Cluster;
  caller: FunctionCaller;
  gateway: Pick<GatewayClient, 'listFunctions'>;
  log: Logger;
  deadLetterTopic: string;
  /** Where functions begin that do not say so themselves. */
  start?: 'earliest' | 'latest';
  rebuildIntervalMs: number;
  upstreamTimeoutMs: number;
  instanceId?: string | undefined;
  sessionTimeoutMs?: number | undefined;
  /** Another connector uses our instance id: this one must end. */
  onFenced: () => void;
}

/** Without an answer for so long, a dependency counts as out of reach. */
const SILENT_MS = 30_000;
/** A worker that neither works nor waits for so long, beyond the longest call, is stuck. */
const STUCK_MS = 120_000;
/** Records fetched ahead, and bodies of calls under way, by all functions together. */
const BUFFER_BYTES = 192 * 1024 * 1024;
const BODY_BYTES = 192 * 1024 * 1024;

/** Keeps a runner for every function that has records to get, as the gateway lists them. */
export function createConnector(options: ConnectorOptions): Connector {
  const { cluster, caller, gateway, log, rebuildIntervalMs } = options;
  const runners = new Map<string, Runner>();
  const memory = { buffers: { used: 0, limit: BUFFER_BYTES }, bodies: createByteBudget(BODY_BYTES) };
  const closing = new Map<string, Promise<void>>();
  const stopped = new AbortController();
  const startedMs = Date.now();
  let lastListMs: number | undefined;
  let lastRoundMs = Date.now();
  let lastProblem = '';
  let told = '';

  async function round(): Promise<void> {
    const { subscriptions, refused } = discover(await gateway.listFunctions(), options);
    lastListMs = Date.now();
    lastProblem = '';
    tell(refused);
    const running = new Map([...runners].map(([name, runner]) => [name, runner.subscription]));
    const { stop, start } = changes(running, subscriptions);
    for (const name of stop) stopRunner(name);
    for (const subscription of start) {
      const { functionName } = subscription;
      // A changed function starts again only once its old group membership has ended.
      if (closing.has(functionName) || stopped.signal.aborted) continue;
      log.info({ function: functionName, subscription }, 'function found');
      beginAtZero(functionName);
      runners.set(
        functionName,
        createRunner({
          subscription,
          cluster,
          caller,
          memory,
          metrics,
          log,
          instanceId: options.instanceId,
          sessionTimeoutMs: options.sessionTimeoutMs,
          topicsIntervalMs: rebuildIntervalMs,
          onFenced: options.onFenced,
        }),
      );
    }
    metrics.functions.set({ state: 'active' }, runners.size);
    metrics.functions.set({ state: 'refused' }, refused.size);
  }

  function stopRunner(name: string): void {
    const runner = runners.get(name);
    if (!runner) return;
    runners.delete(name);
    log.info({ function: name }, 'function changed or removed; its partitions are given up');
    const ending = runner
      .close()
      .catch((error) => log.error({ function: name, err: error }, 'stopping a function failed'))
      .then(() => {
        closing.delete(name);
      });
    closing.set(name, ending);
  }

  /** Says what is wrong with annotations when that changes, not at every reading. */
  function tell(refused: ReadonlyMap<string, readonly string[]>): void {
    const text = JSON.stringify([...refused]);
    if (text === told) return;
    told = text;
    for (const [name, problems] of refused) {
      log.error({ function: name, problems }, `function ${name} is left out: ${problems.join('; ')}`);
    }
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await round();
      } catch (error) {
        const problem = messageOf(error);
        if (problem !== lastProblem)
          log.warn({ err: problem }, 'functions cannot be listed; those known go on');
        lastProblem = problem;
      }
      lastRoundMs = Date.now();
      await delay(rebuildIntervalMs, undefined, { signal: stopped.signal }).catch(() => {});
    }
  }

  const looping = loop();
  const sampler = createLagSampler({ runners: () => runners.values(), cluster, metrics, log });
  return {
    health() {
      const now = Date.now();
      const problems: string[] = [];
      if (now - lastRoundMs > rebuildIntervalMs + SILENT_MS)
        problems.push('the discovery of functions is stuck');
      if (lastListMs === undefined)
        problems.push(`functions not listed yet${lastProblem && `: ${lastProblem}`}`);
      else if (now - lastListMs > rebuildIntervalMs + SILENT_MS) problems.push(`gateway: ${lastProblem}`);
      for (const [name, runner] of runners) {
        const contact = runner.lastContactMs() || startedMs;
        if (now - contact > SILENT_MS) {
          problems.push(
            `${name}: no answer from its consumer group for ${Math.round((now - contact) / 1000)} s`,
          );
        }
        for (const { topic, partition, waiting, activeMs } of runner.partitions()) {
          const idleMs = now - activeMs;
          if (waiting === undefined && idleMs > STUCK_MS + options.upstreamTimeoutMs) {
            problems.push(`${name}: ${topic}-${partition} has been stuck for ${Math.round(idleMs / 1000)} s`);
          }
        }
      }
      return { ok: problems.length === 0, problems, functions: [...runners.keys()] };
    },
    async close() {
      stopped.abort();
      sampler.close();
      await looping;
      for (const name of [...runners.keys()]) stopRunner(name);
      await Promise.all(closing.values());
      await caller.close();
      await cluster.close();
    },
  };
}
