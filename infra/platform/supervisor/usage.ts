import { familyOf, type ProcessInfo } from '../process-table.ts';

/** What one part uses now: its own process, and those it started (a gateway's functions). */
export interface Usage {
  cpuSeconds: number;
  residentBytes: number;
  childrenResidentBytes: number;
  childrenCpuSeconds: number;
}

export function usageOf(pid: number, processes: ReadonlyMap<number, ProcessInfo>): Usage | undefined {
  const [own, ...children] = familyOf(pid, processes);
  if (!own) return undefined;
  return {
    cpuSeconds: own.cpuSeconds,
    residentBytes: own.residentBytes,
    childrenResidentBytes: sum(children.map((child) => child.residentBytes)),
    childrenCpuSeconds: sum(children.map((child) => child.cpuSeconds)),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
