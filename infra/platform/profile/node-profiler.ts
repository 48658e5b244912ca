import type { Session } from 'node:inspector';
import { evaluateIn } from './inspector.ts';

/** V8 takes about 13 µs for a sample, waiting threads sampled as well: at this rate a dozen processes bear it. */
const intervalMicroseconds = 3000;

/** Has a running Node process profile itself from now on; until then nothing in it is any different. */
export async function startNodeProfile(pid: number): Promise<void> {
  await evaluateIn(pid, `(${begin})(${intervalMicroseconds})`);
}

/**
 * Ends that, and has the process write its profile into a file.
 *
 * @returns seconds of processor that the profiled thread, which runs JavaScript, has used meanwhile.
 */
export async function stopNodeProfile(pid: number, file: string): Promise<number> {
  return (await evaluateIn(pid, `(${end})(${JSON.stringify(file)})`)) as number;
}

// Both run in the other process, as text: they must name nothing of this module.

interface Profiling {
  session: Session;
  usage: NodeJS.CpuUsage;
}

function begin(interval: number): void {
  const { Session, close } = process.getBuiltinModule('node:inspector');
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval });
  // Once the answer is out. Closing ends no session within the process, but takes a while, which is no part of the profile.
  setImmediate(() => {
    close();
    session.post('Profiler.start');
    const profiling: Profiling = { session, usage: process.threadCpuUsage() };
    Reflect.set(globalThis, Symbol.for('profiling'), profiling);
  });
}

function end(file: string): Promise<number> {
  const { close } = process.getBuiltinModule('node:inspector');
  const { writeFileSync } = process.getBuiltinModule('node:fs');
  const { session, usage }: Profiling = Reflect.get(globalThis, Symbol.for('profiling'));
  Reflect.deleteProperty(globalThis, Symbol.for('profiling'));
  const { user, system } = process.threadCpuUsage(usage);
  return new Promise((resolve, reject) => {
    session.post('Profiler.stop', (error, answer) => {
      session.disconnect();
      setImmediate(close);
      if (error) return reject(error);
      writeFileSync(file, JSON.stringify(answer.profile));
      resolve((user + system) / 1e6);
    });
  });
}
