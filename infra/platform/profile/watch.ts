import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../paths.ts';
import { startJavaRecording, stopJavaRecording } from './java-recorder.ts';
import { stacksOfJava } from './java-stacks.ts';
import { startNodeProfile, stopNodeProfile } from './node-profiler.ts';
import { startPerf } from './perf-sampler.ts';
import { stacksOfPerf } from './perf-stacks.ts';
import type { Stack } from './tree.ts';
import { stacksOfV8 } from './v8-stacks.ts';

/** What one way to look at a process has seen of it. */
export interface View {
  /** Of the part or the function. */
  name: string;
  /** Main thread of a Node process; Java threads of a JVM; all threads of any process, without callers. */
  of: 'javascript' | 'java' | 'threads';
  stacks: Stack[];
  /** Processor time that the samples stand for, where the profiler itself can tell. */
  seconds?: number;
}

/** Ends looking, and tells what was seen. */
export type Watch = () => Promise<View[]>;

export interface Watched {
  name: string;
  pid: number;
}

export async function watchNode({ name, pid }: Watched, folder: string): Promise<Watch> {
  await startNodeProfile(pid);
  return async () => {
    const file = join(folder, `${name}-${pid}.cpuprofile`);
    const seconds = await stopNodeProfile(pid, file);
    const profile = JSON.parse(await readFile(file, 'utf8'));
    return [{ name, of: 'javascript', stacks: [...stacksOfV8(profile, { root: projectRoot })], seconds }];
  };
}

export async function watchJava({ name, pid }: Watched, folder: string): Promise<Watch> {
  await startJavaRecording(pid);
  return async () => {
    const recording = await stopJavaRecording(pid, join(folder, `${name}-${pid}.jfr`));
    return [{ name, of: 'java', stacks: [...stacksOfJava(recording)] }];
  };
}

/** One view a process. */
export async function watchThreads(processes: readonly Watched[], folder: string): Promise<Watch> {
  const pids = processes.map(({ pid }) => pid);
  const stop = await startPerf(pids, join(folder, 'perf.data'));
  return async () => {
    const stacks = Map.groupBy(stacksOfPerf(await stop()), ({ pid }) => pid);
    return processes.map(({ name, pid }) => ({ name, of: 'threads', stacks: stacks.get(pid) ?? [] }));
  };
}
