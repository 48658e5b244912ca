import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename } from 'node:path';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import { type Measured, measureTopRate } from '../benchmark/measure.ts';
import { namedProcesses } from '../named-processes.ts';
import { type View, type Watch, watchJava, watchNode, watchThreads } from './watch.ts';

/** At top rate before the profile, so that it finds code compiled. */
const warmUpSeconds = 60;

export interface Profiled {
  measured: Measured;
  /** Processor time that the whole machine used meanwhile. */
  machineSeconds: number;
  views: View[];
  /** What was not looked at, and why. */
  skipped: string[];
}

/**
 * Drives the platform at top rate until it is warm, then again with every process profiled, from the first event until all
 * are stored: so each of them has passed each process once.
 *
 * @param folder for what the profilers write.
 */
export async function profileTopRate(
  cluster: Cluster,
  settings: Settings,
  { seconds, folder }: { seconds: number; folder: string },
): Promise<Profiled> {
  mkdirSync(folder, { recursive: true });
  await measureTopRate(cluster, settings, { seconds: warmUpSeconds });
  const processes = await namedProcesses(settings);
  const views: View[] = [];
  const skipped: string[] = [];
  const orSkip = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      skipped.push(`${what}: ${messageOf(error)}`);
    }
  };
  const ends: (() => Promise<void>)[] = [];
  const start = (what: string, watch: () => Promise<Watch>) =>
    orSkip(what, async () => {
      const end = await watch();
      ends.push(() => orSkip(what, async () => views.push(...(await end()))));
    });

  let measured: Measured;
  let machineSeconds: number;
  try {
    // One after the other: all Node processes open their inspector at the same port.
    for (const each of processes) {
      const program = programOf(each.pid);
      if (program === 'node') await start(`V8’s profiler, ${each.name}`, () => watchNode(each, folder));
      if (program === 'java') await start(`Flight Recorder, ${each.name}`, () => watchJava(each, folder));
    }
    await start('perf', () => watchThreads(processes, folder));
    const before = busySeconds();
    measured = await measureTopRate(cluster, settings, { seconds });
    machineSeconds = busySeconds() - before;
  } finally {
    // The latest first: perf is not to see how the others end.
    for (const end of ends.reverse()) await end();
  }
  return { measured, machineSeconds, views, skipped };
}

/** Of all processors since the machine started. */
const busySeconds = () =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;

function programOf(pid: number): string {
  const command = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return basename(command.split(' ')[0] ?? '');
}
