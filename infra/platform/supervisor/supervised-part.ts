import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Logger } from '../../../shared/log/index.ts';
import type { Part } from '../part.ts';
import {
  adoptProcess,
  type Ending,
  killGroup,
  type PartProcess,
  startProcess,
  waitUntilReady,
} from '../process.ts';
import { cpuSecondsOf } from '../process-table.ts';
import { type HeldPort, holdPort } from './held-port.ts';
import { fingerprintOf, type PidFiles } from './pid-file.ts';
import { failuresAfter, restartDelayMs } from './restart.ts';
import { isHung, type Patience, type Silence, silenceAfter } from './silence.ts';

export type PartState =
  | 'waiting'
  | 'starting'
  | 'ready'
  | 'unhealthy'
  | 'restarting'
  | 'stopping'
  | 'stopped'
  | 'done';

export interface PartStatus {
  state: PartState;
  /** Version, address or reason, in one line. */
  detail: string;
  pid?: number;
  restarts: number;
  readyAfterMs?: number;
  /** Failures to start in a row; 0 once it is ready. */
  failures: number;
}

export interface Watch extends Patience {
  healthIntervalMs: number;
  readyTimeoutMs: number;
}

export const defaultWatch: Watch = {
  healthIntervalMs: 3000,
  hungAfterMs: 60_000,
  loopingAfterMs: 180_000,
  readyTimeoutMs: 120_000,
};

export interface SupervisedPart {
  readonly part: Part;
  status(): PartStatus;
  /** Resolves when it was ready for the first time. */
  readonly ready: Promise<void>;
  /** Keeps it running until `stop()`; resolves when that is done, or a part with an end has come to it. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

/** Keeps one part running: takes over or starts its process, watches its health, starts it again when it fails. */
export function createSupervisedPart({
  part,
  logFile,
  pidFiles,
  log,
  watch = defaultWatch,
}: {
  part: Part;
  logFile: string;
  pidFiles: PidFiles;
  log: Logger;
  watch?: Watch;
}): SupervisedPart {
  const status: PartStatus = { state: 'waiting', detail: '', restarts: 0, failures: 0 };
  const stopping = new AbortController();
  const fingerprint = fingerprintOf(part);
  let current: PartProcess | undefined;
  let held: HeldPort | undefined;
  let markReady = () => {};
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });

  const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal }).catch(() => {});

  async function obtain(): Promise<PartProcess> {
    const left = pidFiles.living(part.name);
    if (left) {
      const adopted = adoptProcess(part, left);
      if (left.fingerprint === fingerprint) {
        log.info({ pid: left.pid }, `${part.name}: taken over`);
        return adopted;
      }
      log.info({ pid: left.pid }, `${part.name}: started otherwise before, replaced`);
      await adopted.stop();
    }
    const [first] = part.ports;
    if (part.heldAt !== undefined && first !== undefined && !stopping.signal.aborted) {
      held ??= holdPort(part.heldAt, first.port);
    }
    return startProcess(part, {
      logFile,
      onSpawn: (pid) => pidFiles.write(part.name, { pid, fingerprint }),
      listenFd: held?.fd,
    });
  }

  /** Resolves when the process has ended; kills it when it hangs. */
  async function follow(running: PartProcess): Promise<Ending> {
    const startedAt = Date.now();
    let ended = false;
    running.exited.then(() => {
      ended = true;
    });
    try {
      const health = await waitUntilReady(part, {
        process: running,
        timeoutMs: watch.readyTimeoutMs,
        onHealth: ({ detail }) => {
          status.detail = detail;
        },
      });
      Object.assign(status, { state: 'ready', detail: health.detail, failures: 0 });
      status.readyAfterMs = Date.now() - startedAt;
      log.info(`${part.name}: ready after ${status.readyAfterMs} ms`);
      markReady();
    } catch (error) {
      status.detail = messageOf(error);
      log.error(status.detail);
      running.kill('SIGKILL');
    }
    let silence: Silence | undefined;
    while (!ended && !stopping.signal.aborted) {
      await Promise.race([running.exited, pause(watch.healthIntervalMs)]);
      if (ended || stopping.signal.aborted) break;
      const health = await part.health();
      Object.assign(status, { state: health.ok ? 'ready' : 'unhealthy', detail: health.detail });
      const nowMs = Date.now();
      silence = health.ok
        ? undefined
        : silenceAfter(silence, { nowMs, cpuSeconds: cpuSecondsOf(running.pid) });
      if (silence !== undefined && isHung(silence, nowMs, watch)) {
        const seconds = Math.round((nowMs - silence.sinceMs) / 1000);
        log.error(`${part.name}: unhealthy for ${seconds} s, killed: ${health.detail}`);
        running.kill('SIGKILL');
      }
    }
    return running.exited;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      status.state = failures === 0 ? 'starting' : 'restarting';
      const startedAt = Date.now();
      try {
        current = await obtain();
        status.pid = current.pid;
        if (stopping.signal.aborted) break;
        const { code, signal } = await follow(current);
        if (stopping.signal.aborted) break;
        if (code === 0 && part.ends) {
          Object.assign(status, { state: 'done', pid: undefined });
          pidFiles.remove(part.name);
          return;
        }
        killGroup(current.pid);
        log.warn(`${part.name} ended (${signal ?? (code === null ? 'killed' : `exit code ${code}`)})`);
        status.detail = `ended (${signal ?? code ?? 'killed'})`;
      } catch (error) {
        log.error(`${part.name} cannot be started: ${messageOf(error)}`);
        status.detail = messageOf(error).split('\n').slice(0, 4).join('\n');
      }
      current = undefined;
      failures = failuresAfter(failures, Date.now() - startedAt);
      Object.assign(status, { state: 'restarting', pid: undefined, failures });
      status.restarts += 1;
      await pause(restartDelayMs(failures));
    }
  }

  let running: Promise<void> | undefined;
  return {
    part,
    status: () => ({ ...status }),
    ready,
    run: () => {
      running ??= run();
      return running;
    },
    async stop() {
      if (status.state === 'done') return;
      stopping.abort();
      held?.close();
      status.state = 'stopping';
      // The process may just be on its way up: wait for the loop to let go of it.
      if (current === undefined) await running;
      if (current) {
        await current.stop();
        killGroup(current.pid);
      }
      await running;
      pidFiles.remove(part.name);
      Object.assign(status, { state: 'stopped', detail: '', pid: undefined });
    },
  };
}
