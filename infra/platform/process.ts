import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../../shared/errors/index.ts';
import type { Health, Part } from './part.ts';
import { startOf } from './process-table.ts';

/** How a process ended; both null when nobody could tell. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running process of a part. */
export interface PartProcess {
  readonly pid: number;
  /** Resolves when the process has ended, however it did. */
  readonly exited: Promise<Ending>;
  /** Sends the stop signal, then SIGKILL after the part's time; resolves when it has ended. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Prepares and starts a part once; its output is appended to `logFile`. Does not wait until it is ready.
 * `onSpawn` is told the process number at once, before anything else can happen.
 */
export async function startProcess(
  part: Part,
  {
    logFile,
    onSpawn,
    listenFd,
  }: {
    logFile: string;
    onSpawn?: (pid: number) => void;
    /** A bound socket for it to listen on. */
    listenFd?: number;
  },
): Promise<PartProcess> {
  await part.prepare?.();
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const [program, ...args] = part.command;
  if (program === undefined) throw new PipelineError('NO_COMMAND', `${part.name}: no program to run`);
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: part.cwd,
      env: { ...minimalEnvironment(), ...part.env, ...(listenFd !== undefined && { LISTEN_FD: '3' }) },
      stdio: ['ignore', log, log, ...(listenFd === undefined ? [] : [listenFd])],
      // A group of its own: Ctrl-C in the terminal must not reach it before the supervisor decides.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
  if (child.pid !== undefined) onSpawn?.(child.pid);
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  await once(child, 'spawn');
  const pid = child.pid as number;
  const alive = () => child.exitCode === null && child.signalCode === null;
  return handle(part, { pid, exited, alive });
}

/** A process that an earlier supervisor started and left behind: the same handle, its end found by asking. */
export function adoptProcess(part: Part, { pid, start }: { pid: number; start: string }): PartProcess {
  const alive = () => startOf(pid) === start;
  const exited = (async (): Promise<Ending> => {
    while (alive()) await delay(200);
    return { code: null, signal: null };
  })();
  return handle(part, { pid, exited, alive });
}

function handle(
  part: Part,
  { pid, exited, alive }: { pid: number; exited: Promise<Ending>; alive: () => boolean },
): PartProcess {
  const kill = (signal: NodeJS.Signals) => {
    if (!alive()) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in between.
    }
  };
  return {
    pid,
    exited,
    kill,
    stop: async () => {
      if (!alive()) return;
      kill(part.stopSignal ?? 'SIGTERM');
      const timer = new AbortController();
      await Promise.race([
        exited,
        delay(part.stopTimeoutMs ?? 20_000, undefined, { signal: timer.signal }).then(
          () => kill('SIGKILL'),
          () => {},
        ),
      ]);
      timer.abort();
      await exited;
    },
  };
}

/** Kills what a part that has ended left behind in its process group. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing was left.
  }
}

/**
 * Asks a part until it is ready.
 *
 * @throws PipelineError `NOT_READY` with the part's last answer after `timeoutMs`, or at once when it has ended.
 */
export async function waitUntilReady(
  part: Part,
  {
    process,
    timeoutMs = 60_000,
    onHealth,
  }: { process?: PartProcess; timeoutMs?: number; onHealth?: (health: Health) => void } = {},
): Promise<Health> {
  let ended: string | undefined;
  process?.exited.then(({ code, signal }) => {
    ended = signal ?? (code === null ? 'killed' : `exit code ${code}`);
  });
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const health = await part.health();
    onHealth?.(health);
    // An ended process may have left its port to another that answers in its place.
    if (ended !== undefined)
      throw new PipelineError('NOT_READY', `${part.name} ended while starting (${ended})`);
    if (health.ok) return health;
    if (Date.now() > deadline) {
      throw new PipelineError(
        'NOT_READY',
        `${part.name} is not ready after ${timeoutMs / 1000} s: ${health.detail}`,
      );
    }
    await delay(100);
  }
}

/** What any process needs from ours; settings and secrets reach a part only through its own `env`. */
function minimalEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'JAVA_HOME', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
