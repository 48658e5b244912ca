import { familyOf, type ProcessInfo, proportionalBytes, readProcesses } from '../process-table.ts';
import { diskOf, platformMetrics } from './metrics.ts';
import type { PlatformReport } from './platform-report.ts';
import type { Supervisor } from './supervisor.ts';
import { usageOf } from './usage.ts';

/** Samples what the processes use, and tells it as JSON and as metrics. */
export function createReporter({
  supervisor,
  settings,
  dataFolder,
  // Reading the memory of every process takes the kernel a quarter of a second.
  intervalMs = 10_000,
  now = Date.now,
}: {
  supervisor: Supervisor;
  settings: Readonly<Record<string, string>>;
  /** Whose disk is looked at. */
  dataFolder: string;
  intervalMs?: number;
  now?: () => number;
}) {
  const startedAt = new Date(now()).toISOString();
  const metrics = platformMetrics();
  let processes = new Map<number, ProcessInfo>();
  let sampledAt = 0;
  let peak = 0;
  let total = 0;
  let totalShare = 0;
  const shares = new Map<number, { cpu: number; share: number }>();

  function sample(): void {
    const seconds = (now() - sampledAt) / 1000;
    processes = readProcesses();
    sampledAt = now();
    for (const info of processes.values()) {
      const before = shares.get(info.pid);
      shares.set(info.pid, {
        cpu: info.cpuSeconds,
        share: before ? (info.cpuSeconds - before.cpu) / seconds : 0,
      });
    }
    for (const pid of shares.keys()) if (!processes.has(pid)) shares.delete(pid);
    const everything = [process.pid, ...supervisor.parts().flatMap(({ status }) => status.pid ?? [])];
    const pids = new Set(everything);
    // Parts are started by this process or were taken over from one that is gone: count no family twice.
    const roots = everything.filter((pid) => !pids.has(processes.get(pid)?.parentPid ?? 0));
    const families = roots.flatMap((pid) => familyOf(pid, processes));
    total = families.reduce((sum, info) => sum + proportionalBytes(info), 0);
    totalShare = roots.reduce((sum, pid) => sum + familyShare(pid), 0);
    peak = Math.max(peak, total);
  }

  function familyShare(pid: number): number {
    let share = shares.get(pid)?.share ?? 0;
    for (const info of processes.values()) if (info.parentPid === pid) share += familyShare(info.pid);
    return share;
  }

  const timer = setInterval(sample, intervalMs);
  timer.unref();

  return {
    close: () => clearInterval(timer),
    report(): PlatformReport {
      if (now() - sampledAt > intervalMs) sample();
      return {
        pid: process.pid,
        startedAt,
        settings,
        parts: supervisor.parts().map(({ part, status }) => ({
          name: part.name,
          ports: part.ports,
          notes: part.notes ?? [],
          ...status,
          ...(status.pid === undefined
            ? {}
            : { usage: usageOf(status.pid, processes), cpuShare: familyShare(status.pid) }),
        })),
        memoryBytes: total,
        peakMemoryBytes: peak,
        cpuShare: totalShare,
      };
    },
    /** Prometheus text. */
    async metrics(): Promise<string> {
      const report = this.report();
      const disk = await diskOf(dataFolder).catch(() => undefined);
      return metrics.text(report, { own: processes.get(process.pid), ...(disk && { disk }) });
    },
  };
}

export type Reporter = ReturnType<typeof createReporter>;
