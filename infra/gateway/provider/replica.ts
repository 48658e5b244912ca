import { type ChildProcess, fork } from 'node:child_process';
import { Agent } from 'node:http';
import { createInterface } from 'node:readline';
import { batchFlags } from '../../node-flags.ts';

export type ReplicaState = 'starting' | 'ready' | 'draining' | 'ended';

export interface ReplicaOptions {
  /** Unique within the gateway's life: `<function>-<number>`. */
  id: string;
  /** Which update of the function it runs. */
  generation: number;
  /** The wrapper that serves the handler. */
  program: string;
  cwd: string;
  env: Readonly<Record<string, string>>;
  heapLimitMiB: number | undefined;
  /** A line that it printed. */
  onLine: (line: string) => void;
  onReady: () => void;
  /** It has ended, however it did; `wanted` when it was drained or killed by us. */
  onEnd: (end: { wanted: boolean; detail: string }) => void;
}

/** One process of a function. */
export interface Replica {
  readonly id: string;
  readonly generation: number;
  readonly state: ReplicaState;
  readonly pid: number | undefined;
  readonly port: number | undefined;
  /** Connections to it. */
  readonly agent: Agent;
  /** Calls under way; the proxy counts. */
  inFlight: number;
  /** False while it leaves its health check unanswered; who watches over it says so. */
  answers: boolean;
  readonly startedAtMs: number;
  /** Gets no more calls; SIGTERM, and SIGKILL after `timeoutMs`. Resolves when it has ended. */
  drain(timeoutMs: number): Promise<void>;
  kill(): void;
}

export function startReplica(options: ReplicaOptions): Replica {
  const { id, generation, program, cwd, env, heapLimitMiB, onLine, onReady, onEnd } = options;
  let state: ReplicaState = 'starting';
  let port: number | undefined;
  let wanted = false;
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64, keepAliveMsecs: 10_000, timeout: 0 });
  const child: ChildProcess = fork(program, [], {
    cwd,
    env,
    execArgv: [
      ...batchFlags,
      ...(heapLimitMiB === undefined ? [] : [`--max-old-space-size=${heapLimitMiB}`]),
    ],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', onLine);
  }
  child.on('message', (message: { type?: string; port?: number }) => {
    if (message.type !== 'listening' || typeof message.port !== 'number' || state !== 'starting') return;
    port = message.port;
    state = 'ready';
    onReady();
  });
  let end: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const finish = (detail: string) => {
    if (state === 'ended') return;
    state = 'ended';
    agent.destroy();
    end();
    onEnd({ wanted, detail });
  };
  child.on('error', (error) => finish(error.message));
  child.on('exit', (code, signal) => finish(signal ?? `exit code ${code}`));

  return {
    id,
    generation,
    agent,
    inFlight: 0,
    answers: true,
    startedAtMs: Date.now(),
    get state() {
      return state;
    },
    get pid() {
      return child.pid;
    },
    get port() {
      return port;
    },
    drain: async (timeoutMs) => {
      if (state === 'ended') return;
      wanted = true;
      if (state !== 'draining') {
        state = 'draining';
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
        ended.then(() => clearTimeout(timer));
      }
      await ended;
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}
