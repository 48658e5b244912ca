import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PipelineError } from '../../shared/errors/index.ts';
import type { Health, Part } from './part.ts';

/** A started process of a part. */
export interface PartProcess {
  readonly pid: number;
  /** Resolves when the process has ended, however it did. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends the stop signal, then SIGKILL after the part's time; resolves when it has ended. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Prepares and starts a part once; its output is appended to `logFile`. Does not wait until it is ready. */
export async function startProcess(part: Part, { logFile }: { logFile: string }): Promise<PartProcess> {
  await part.prepare?.();
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const [program, ...args] = part.command;
  if (program === undefined) throw new PipelineError('NO_COMMAND', `${part.name}: no program to run`);
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: part.cwd,
      env: { ...minimalEnvironment(), ...part.env },
      stdio: ['ignore', log, log],
      // A group of its own: Ctrl-C in the terminal must not reach it before the supervisor decides.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  await once(child, 'spawn');
  const pid = child.pid as number;
  const alive = () => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    exited,
    kill: (signal) => {
      if (alive()) child.kill(signal);
    },
    stop: async () => {
      if (!alive()) return;
      child.kill(part.stopSignal ?? 'SIGTERM');
      const timer = new AbortController();
      await Promise.race([
        exited,
        delay(part.stopTimeoutMs ?? 20_000, undefined, { signal: timer.signal }).then(() =>
          child.kill('SIGKILL'),
        ),
      ]);
      timer.abort();
      await exited;
    },
  };
}

/**
 * Asks a part until it is ready.
 *
 * @throws PipelineError `NOT_READY` with the part's last answer after `timeoutMs`, or at once when it has ended.
 */
export async function waitUntilReady(
  part: Part,
  { process, timeoutMs = 60_000 }: { process?: PartProcess; timeoutMs?: number } = {},
): Promise<Health> {
  let ended: string | undefined;
  process?.exited.then(({ code, signal }) => {
    ended = signal ?? `exit code ${code}`;
  });
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const health = await part.health();
    if (health.ok) return health;
    if (ended !== undefined)
      throw new PipelineError('NOT_READY', `${part.name} ended while starting (${ended})`);
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
