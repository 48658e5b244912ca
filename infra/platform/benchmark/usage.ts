import type { Settings } from '../../../shared/config/index.ts';
import { readMetrics } from '../gateway-metrics.ts';
import { readProcesses } from '../process-table.ts';
import { askStatus } from '../supervisor/client.ts';
import { usageOf } from '../supervisor/usage.ts';

/** What a part or a replica of a function has used when it was looked at. */
export interface Reading {
  /** The part or the function. */
  name: string;
  /** Tells processes of one name apart. */
  process: string;
  cpuSeconds: number;
  residentBytes: number;
}

/** Every part by the machine's table of processes, every replica of a function by its own metrics. */
export async function readUsage(settings: Settings): Promise<Reading[]> {
  const wanted = new Set(['process_cpu_seconds_total', 'process_resident_memory_bytes']);
  const [status, samples = []] = await Promise.all([
    askStatus(settings),
    readMetrics(settings, (name) => wanted.has(name)),
  ]);
  const processes = readProcesses();
  const parts = (status?.parts ?? []).flatMap(({ name, pid }): Reading[] => {
    const used = pid === undefined ? undefined : usageOf(pid, processes);
    if (!used) return [];
    // The gateway's children are the functions, which speak for themselves.
    const children = name === 'gateway' ? 0 : 1;
    return [
      {
        name,
        process: `${pid} ${processes.get(pid as number)?.start}`,
        cpuSeconds: used.cpuSeconds + children * used.childrenCpuSeconds,
        residentBytes: used.residentBytes + children * used.childrenResidentBytes,
      },
    ];
  });
  const replicas = new Map<string, Reading>();
  for (const { name: metric, labels, value } of samples) {
    if (labels.function_name === undefined) continue;
    const name = labels.function_name.split('.')[0] ?? '';
    const process = `${name} ${labels.replica}`;
    const reading = replicas.get(process) ?? { name, process, cpuSeconds: 0, residentBytes: 0 };
    if (metric === 'process_cpu_seconds_total') reading.cpuSeconds = value;
    else reading.residentBytes = value;
    replicas.set(process, reading);
  }
  return [...parts, ...replicas.values()];
}

/** Gathers processor seconds by name over readings; a process that comes anew has used all it has since then. */
export function createCpuCounter() {
  const last = new Map<string, number>();
  const gathered = new Map<string, number>();
  let begun = false;
  return {
    /** The first reading is where counting begins. */
    read(readings: readonly Reading[]): void {
      for (const { name, process, cpuSeconds } of readings) {
        const before = last.get(process) ?? 0;
        last.set(process, cpuSeconds);
        if (!begun) continue;
        const used = cpuSeconds >= before ? cpuSeconds - before : cpuSeconds;
        gathered.set(name, (gathered.get(name) ?? 0) + used);
      }
      begun = true;
    },
    /** Since the first reading. */
    seconds: (): ReadonlyMap<string, number> => new Map(gathered),
  };
}

/** Memory by name, replicas together. */
export function memoryOf(readings: readonly Reading[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, residentBytes } of readings) found[name] = (found[name] ?? 0) + residentBytes;
  return found;
}
