import type { Logger } from '../../../shared/log/index.ts';
import { backoffMs } from './backoff.ts';
import { leastBusy } from './choose.ts';
import type { FunctionDeployment } from './deployment.ts';
import type { Replica, ReplicaOptions } from './replica.ts';

/** A replica that lived this long was healthy: the next crash is again the first. */
const healthyAfterMs = 10_000;

export interface DeployedFunctionOptions {
  deployment: FunctionDeployment;
  replicas: number;
  createdAt: Date;
  stopTimeoutMs: number;
  log: Logger;
  /** Starts one process of the given deployment. */
  start(
    deployment: FunctionDeployment,
    options: Pick<ReplicaOptions, 'generation' | 'onReady' | 'onEnd'>,
  ): Replica;
}

/** One function and its replicas. */
export interface DeployedFunction {
  readonly deployment: FunctionDeployment;
  readonly createdAt: Date;
  /** Another one after each update. */
  readonly generation: number;
  /** Replicas that are wanted. */
  readonly desired: number;
  readonly replicas: readonly Replica[];
  /** Replicas that take calls, without those that hang. */
  readonly available: number;
  /** Those among them that run what was deployed last. */
  readonly updated: number;
  invocations: number;
  lastCallAtMs: number;
  /** The least busy replica that takes calls, none of `except`. */
  choose(except?: ReadonlySet<Replica>): Replica | undefined;
  /** True as soon as a replica, none of `except`, takes calls; false after `timeoutMs` or when the function is removed. */
  waitUntilAvailable(timeoutMs: number, except?: ReadonlySet<Replica>): Promise<boolean>;
  scale(replicas: number): void;
  /** Rolling: new replicas start, each that is ready replaces an old one. Old ones serve on if none gets ready. */
  update(deployment: FunctionDeployment): void;
  remove(): Promise<void>;
}

export function createDeployedFunction(options: DeployedFunctionOptions): DeployedFunction {
  const { createdAt, stopTimeoutMs, log, start } = options;
  let { deployment, replicas: desired } = options;
  let generation = 1;
  let failures = 0;
  let turn = 0;
  let removed = false;
  let restart: NodeJS.Timeout | undefined;
  const replicas = new Set<Replica>();
  const waiting = new Set<() => void>();

  const ready = () => [...replicas].filter((replica) => replica.state === 'ready');
  const current = () =>
    [...replicas].filter(
      (r) => r.generation === generation && (r.state === 'starting' || r.state === 'ready'),
    );

  function reconcile(): void {
    if (removed) return;
    const running = current();
    for (let i = running.length; i < desired && restart === undefined; i++) startOne();
    // Those that do not serve yet go first, then the least busy.
    const surplus = running
      .toSorted(
        (a, b) => Number(b.state === 'starting') - Number(a.state === 'starting') || a.inFlight - b.inFlight,
      )
      .slice(0, Math.max(0, running.length - desired));
    for (const replica of surplus) void replica.drain(stopTimeoutMs);
    retireOld();
  }

  /** As many old replicas stay as new ones are missing. */
  function retireOld(): void {
    const old = [...replicas].filter((r) => r.generation !== generation && r.state !== 'draining');
    const missing = desired - ready().filter((r) => r.generation === generation).length;
    for (const replica of old.slice(Math.max(0, missing))) void replica.drain(stopTimeoutMs);
  }

  function startOne(): void {
    let replica: Replica;
    try {
      replica = startReplicaOf();
    } catch (error) {
      log.error({ err: error }, 'a replica cannot be started');
      restartLater();
      return;
    }
    replicas.add(replica);
  }

  function startReplicaOf(): Replica {
    const replica: Replica = start(deployment, {
      generation,
      onReady: () => {
        log.info({ replica: replica.id, pid: replica.pid }, 'replica is ready');
        for (const wake of waiting) wake();
        reconcile();
      },
      onEnd: ({ wanted, detail }) => {
        replicas.delete(replica);
        if (wanted || removed) return;
        if (Date.now() - replica.startedAtMs > healthyAfterMs) failures = 0;
        const delayMs = restartLater();
        log.warn({ replica: replica.id, detail, delayMs }, 'replica ended by itself; it is started again');
      },
    });
    return replica;
  }

  function restartLater(): number {
    const delayMs = backoffMs(++failures);
    restart ??= setTimeout(() => {
      restart = undefined;
      reconcile();
    }, delayMs);
    return delayMs;
  }

  function restartNow(): void {
    clearTimeout(restart);
    restart = undefined;
    failures = 0;
  }

  const self: DeployedFunction = {
    get deployment() {
      return deployment;
    },
    get desired() {
      return desired;
    },
    get replicas() {
      return [...replicas];
    },
    get available() {
      return ready().filter((replica) => replica.answers).length;
    },
    get generation() {
      return generation;
    },
    get updated() {
      return ready().filter((replica) => replica.generation === generation).length;
    },
    createdAt,
    invocations: 0,
    lastCallAtMs: Date.now(),
    choose: (except) => leastBusy(ready(), turn++, except),
    waitUntilAvailable: (timeoutMs, except) => {
      const isAvailable = () => ready().some((replica) => !except?.has(replica));
      if (removed || isAvailable()) return Promise.resolve(!removed);
      return new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          clearTimeout(timer);
          resolve(isAvailable());
        };
        const timer = setTimeout(wake, timeoutMs);
        waiting.add(wake);
      });
    },
    scale: (count) => {
      desired = count;
      restartNow();
      reconcile();
    },
    update: (next) => {
      deployment = next;
      generation++;
      restartNow();
      // New ones of the generation before, not ready yet, would only be in the way.
      for (const replica of replicas) if (replica.state === 'starting') void replica.drain(stopTimeoutMs);
      reconcile();
    },
    remove: async () => {
      removed = true;
      clearTimeout(restart);
      for (const wake of waiting) wake();
      await Promise.all([...replicas].map((replica) => replica.drain(stopTimeoutMs)));
    },
  };
  reconcile();
  return self;
}
