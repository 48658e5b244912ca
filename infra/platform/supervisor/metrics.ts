import { statfs } from 'node:fs/promises';
import { Counter, Gauge, Registry } from '../../../shared/metrics/index.ts';
import type { PlatformReport } from './platform-report.ts';

/** Room on the disk that a folder lies on. */
export interface Disk {
  sizeBytes: number;
  freeBytes: number;
}

/** @throws when the folder is not there. */
export async function diskOf(folder: string): Promise<Disk> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return { sizeBytes: blocks * bsize, freeBytes: bavail * bsize };
}

/**
 * What the supervisor tells of the parts, in a registry of its own: Kafka and MongoDB have no metrics page, and a
 * process that hangs cannot tell of itself.
 */
export function platformMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['part'];
  const up = new Gauge({
    name: 'part_up',
    help: '1 while the part passes its health check; a part whose work is done has none',
    labelNames,
    registers,
  });
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
  const size = new Gauge({
    name: 'platform_disk_size_bytes',
    help: 'Size of the disk that the data lie on',
    registers,
  });
  const free = new Gauge({
    name: 'platform_disk_free_bytes',
    help: 'What of it is free',
    registers,
  });

  return {
    registry,
    /** Sets everything anew and gives it as Prometheus text. */
    async text(
      report: Pick<PlatformReport, 'parts' | 'memoryBytes'>,
      { own, disk }: { own: { cpuSeconds: number; residentBytes: number } | undefined; disk?: Disk },
    ): Promise<string> {
      registry.resetMetrics();
      all.set(report.memoryBytes);
      if (disk !== undefined) {
        size.set(disk.sizeBytes);
        free.set(disk.freeBytes);
      }
      const rows = [
        ...report.parts,
        { name: 'supervisor', state: 'ready', restarts: 0, usage: own } as const,
      ];
      for (const { name: part, state, restarts: count, usage } of rows) {
        if (state !== 'done') up.set({ part }, state === 'ready' ? 1 : 0);
        restarts.inc({ part }, count);
        if (usage === undefined) continue;
        cpu.inc({ part }, usage.cpuSeconds);
        memory.set({ part }, usage.residentBytes);
      }
      return registry.metrics();
    },
  };
}
