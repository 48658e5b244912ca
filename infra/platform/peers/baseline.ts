import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { z } from 'zod';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import { projectRoot } from '../paths.ts';

const run = promisify(execFile);

/** A plain consumer of load/baselines, ready to be started, or why it cannot be. */
export type Baseline = { name: string } & ({ command: readonly string[] } | { skipped: string });

const answerSchema = z.object({
  events: z.number(),
  rejected: z.number(),
  /** From the first events it got to the last that it wrote. */
  seconds: z.number(),
  /** Of its process, from its start. */
  cpuSeconds: z.number(),
});

export type BaselineAnswer = z.output<typeof answerSchema>;

/** Every baseline; for that in Python the packages are put into a folder of its own under `folder`. */
export async function baselines(folder: string): Promise<Baseline[]> {
  const node = join(projectRoot, 'load/baselines/node/consumer.ts');
  const quiet = '--disable-warning=ExperimentalWarning';
  return [{ name: 'node', command: [process.execPath, quiet, node] }, await pythonBaseline(folder)];
}

async function pythonBaseline(folder: string): Promise<Baseline> {
  const home = join(projectRoot, 'load/baselines/python');
  const venv = join(folder, 'baseline-python');
  const python = join(venv, 'bin/python');
  try {
    if (!existsSync(python)) await run('python3', ['-m', 'venv', venv]);
    await run(python, ['-m', 'pip', 'install', '-q', '-r', join(home, 'requirements.txt')]);
    return { name: 'python', command: [python, join(home, 'consumer.py')] };
  } catch (error) {
    const why = messageOf(error).trim().split('\n');
    return {
      name: 'python',
      skipped: `${why.at(-1)}; it needs Python 3.10 or newer with venv (Debian: python3-venv) and PyPI`,
    };
  }
}

/**
 * Runs one until it has taken the number of events that its environment names.
 *
 * @throws PipelineError `BASELINE` when it fails, or has not ended within `limitSeconds`.
 */
export async function runBaseline(
  { name, command }: { name: string; command: readonly string[] },
  { env, limitSeconds }: { env: Readonly<Record<string, string>>; limitSeconds: number },
): Promise<BaselineAnswer> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
  try {
    const [out, errors, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    if (code === 0) return answerSchema.parse(JSON.parse(out));
    const why = signal ? `ended by ${signal}, after at most ${limitSeconds} s` : `exit code ${code}`;
    throw new PipelineError('BASELINE', `baseline ${name}: ${why}\n${errors.slice(-2000)}`);
  } finally {
    clearTimeout(limit);
  }
}
