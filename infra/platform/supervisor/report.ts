import { Counter, Gauge, Registry } from '../../../shared/metrics/index.ts';
import type { PartPort } from '../part.ts';
import { familyOf, type ProcessInfo, proportionalBytes, readProcesses } from '../process-table.ts';
import type { PartStatus } from './supervised-part.ts';
import type { Supervisor } from './supervisor.ts';
import { type Usage, usageOf } from './usage.ts';

export interface PartReport extends PartStatus {
  name: string;
  ports: readonly PartPort[];
  notes: readonly string[];
  usage?: Usage;
  /** Share of one processor since the sample before. */
  cpuShare?: number;
}

export interface PlatformReport {
  pid: number;
  startedAt: string;
  /** Settings that parts were started with: name → fingerprint, so that secrets stay where they are. */
  settings: Readonly<Record<string, string>>;
  parts: PartReport[];
  /** All processes of the platform, the supervisor included; pages that several share counted once. */
  memoryBytes: number;
  peakMemoryBytes: number;
  cpuShare: number;
}

/** Samples what the processes use, and tells it as JSON and as metrics. */
export function createReporter({
  supervisor,
  settings,
  intervalMs = 5000,
  now = Date.now,
}: {
  supervisor: Supervisor;
  settings: Readonly<Record<string, string>>;
  intervalMs?: number;
  now?: () => number;
}) {
  const startedAt = new Date(now()).toISOString();
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
      const registry = new Registry();
      const registers = [registry];
      const labelNames = ['part'];
      const up = new Gauge({ name: 'part_up', help: '1 while the part is ready', labelNames, registers });
      const restarts = new Counter({
        name: 'part_restarts_total',
        help: 'Times that the part was started again after it had failed',
        labelNames,
        registers,
      });
      const cpu = new Counter({
        name: 'process_cpu_seconds_total',
        help: 'Processor time of the part’s process',
        labelNames,
        registers,
      });
      const memory = new Gauge({
        name: 'process_resident_memory_bytes',
        help: 'Resident memory of the part’s process',
        labelNames,
        registers,
      });
      const all = new Gauge({
        name: 'platform_memory_bytes',
        help: 'Memory of all processes of the platform, shared pages counted once',
        registers,
      });
      const report = this.report();
      all.set(report.memoryBytes);
      for (const { name: part, state, restarts: count, usage } of report.parts) {
        up.set({ part }, state === 'ready' ? 1 : 0);
        restarts.inc({ part }, count);
        if (!usage) continue;
        cpu.inc({ part }, usage.cpuSeconds);
        memory.set({ part }, usage.residentBytes);
      }
      const own = processes.get(process.pid);
      if (own) {
        cpu.inc({ part: 'supervisor' }, own.cpuSeconds);
        memory.set({ part: 'supervisor' }, own.residentBytes);
      }
      return registry.metrics();
    },
  };
}

export type Reporter = ReturnType<typeof createReporter>;
