import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../../shared/config/index.ts';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import { logFileOf, pathsOf, projectRoot } from '../paths.ts';
import { holderOf } from '../ports.ts';
import { startOf } from '../process-table.ts';
import type { PlatformReport } from './platform-report.ts';
import { controlToken } from './token.ts';

/**
 * What the supervisor says, or undefined when none of this platform runs.
 *
 * @throws PipelineError `SUPERVISOR_SILENT` when there is one that does not answer within `timeoutMs`.
 */
export async function askStatus(
  settings: Settings,
  { timeoutMs }: { timeoutMs?: number } = {},
): Promise<PlatformReport | undefined> {
  const response = await call(settings, 'GET', '/status', undefined, timeoutMs);
  return response as PlatformReport | undefined;
}

/** Whether there is (now) a supervisor that was asked to stop everything, and its process number. */
export async function askStop(settings: Settings): Promise<number | undefined> {
  const report = await askStatus(settings);
  if (!report) return undefined;
  await call(settings, 'POST', '/stop', {});
  return report.pid;
}

/** Starts the generator unless one runs. @returns whether it was started by this call. */
export async function askGenerator(settings: Settings, run: unknown): Promise<boolean> {
  const answer = (await call(settings, 'POST', '/generator', run)) as { started: boolean } | undefined;
  if (!answer) throw new PipelineError('NOT_RUNNING', 'The platform does not run: `make up` starts it');
  return answer.started;
}

/** Stops the generator, if one runs. */
export async function askGeneratorStop(settings: Settings): Promise<void> {
  await call(settings, 'DELETE', '/generator');
}

/** Stops one part until it is resumed, or everything is started anew. */
export async function askHalt(settings: Settings, name: string): Promise<void> {
  await call(settings, 'POST', '/halt', { name }, 60_000);
}

/** Starts a part that was halted. */
export async function askResume(settings: Settings, name: string): Promise<void> {
  await call(settings, 'POST', '/resume', { name });
}

/**
 * Sees to it that a supervisor runs: starts one in the background unless there is one.
 *
 * @throws PipelineError `SUPERVISOR` when it does not come up, with the end of its log named.
 */
export async function ensureSupervisor(
  settings: Settings,
  env: NodeJS.ProcessEnv = process.env,
): Promise<PlatformReport> {
  const running = await askStatus(settings);
  if (running) return running;
  const paths = pathsOf(settings);
  mkdirSync(paths.logs, { recursive: true });
  const logFile = logFileOf(paths, 'supervisor');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    cwd: projectRoot,
    env: { ...env, LOG_FORMAT: env.LOG_FORMAT || 'json' },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  const deadline = Date.now() + 30_000;
  for (;;) {
    const report = await askStatus(settings).catch(silentStill);
    if (report) return report;
    if (child.exitCode !== null || Date.now() > deadline) {
      const holder = await holderOf(settings.bindAddress, settings.supervisorPort);
      throw new PipelineError(
        'SUPERVISOR',
        holder
          ? `SUPERVISOR_PORT ${settings.supervisorPort} is taken by ${holder}: set SUPERVISOR_PORT to a free one`
          : `The supervisor did not start; see ${logFile}`,
      );
    }
    await delay(100);
  }
}

/** Resolves when a process has ended, however long that takes; `onWait` is called now and then. */
export async function waitUntilEnded(pid: number, onWait: () => Promise<void> | void): Promise<void> {
  const start = startOf(pid);
  while (start !== undefined && startOf(pid) === start) {
    await onWait();
    await delay(150);
  }
}

/** One that only just starts may take its time. */
function silentStill(error: unknown): undefined {
  if (error instanceof PipelineError && error.code === 'SUPERVISOR_SILENT') return undefined;
  throw error;
}

async function call(
  settings: Settings,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = 10_000,
): Promise<unknown> {
  const url = `http://${settings.bindAddress}:${settings.supervisorPort}${path}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { authorization: `Bearer ${controlToken(pathsOf(settings))}`, connection: 'close' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') return undefined; // Nobody listens: no supervisor.
    const holder = await holderOf(settings.bindAddress, settings.supervisorPort);
    throw new PipelineError(
      'SUPERVISOR_SILENT',
      `The supervisor, ${holder ?? 'just ended'}, gives no answer: end it by kill -9, and \`make up\` takes over what runs`,
    );
  }
  const text = await response.text();
  if (response.ok) {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new PipelineError('SUPERVISOR', `${url} answers something else: ${messageOf(error)}`);
    }
  }
  throw new PipelineError(
    'SUPERVISOR',
    response.status === 401
      ? `The supervisor on port ${settings.supervisorPort} belongs to another checkout or DATA_DIR: set SUPERVISOR_PORT`
      : `${method} ${url}: ${response.status} ${text}`,
  );
}
