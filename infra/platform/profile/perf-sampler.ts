import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { PipelineError } from '../../../shared/errors/index.ts';

/** Of each processor; no divisor of what runs every so many milliseconds. */
const samplesPerSecond = 499;

/**
 * Linux's `perf`: samples all threads of some processes where they use a processor, without their callers, since neither
 * the ClickHouse engine nor compiled Java keep what those could be told by.
 *
 * @returns what ends it and gives the samples as `perf script` prints them.
 * @throws PipelineError `PERF` when there is no perf, at the end also when it could not look.
 */
export async function startPerf(pids: readonly number[], file: string): Promise<() => Promise<string>> {
  // Without copies of every library in ~/.debug.
  const options = ['--no-buildid', '--no-buildid-cache', '--quiet', '-F', String(samplesPerSecond)];
  const child = spawn('perf', ['record', ...options, '-o', file, '-p', pids.join(',')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child, 'spawn').catch(() => {
    throw new PipelineError('PERF', 'perf is not on PATH (Debian: linux-perf)');
  });
  const ended = once(child, 'close');
  return async () => {
    child.kill('SIGINT');
    await ended;
    // It passes on the signal that ended it; any other end came before.
    if (child.signalCode === null) {
      throw new PipelineError('PERF', `perf ended by itself: ${said.trim().split('\n')[0]}`);
    }
    const script = ['script', '-i', file, '-F', 'comm,pid,tid,ip,sym,dso'];
    const { stdout } = await promisify(execFile)('perf', script, { maxBuffer: 2 ** 29 });
    return stdout;
  };
}
