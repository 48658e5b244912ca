import { readFileSync } from 'node:fs';
import type { Settings } from '../../shared/config/index.ts';
import { familyOf, type ProcessInfo, readProcesses } from './process-table.ts';
import { askStatus } from './supervisor/client.ts';
import type { PlatformReport } from './supervisor/platform-report.ts';

export type NamedProcess = ProcessInfo & { name: string };

/** The living processes of every part that is ready, with those it started, and of every function; none while it is down. */
export async function namedProcesses(settings: Settings): Promise<NamedProcess[]> {
  const parts = (await askStatus(settings).catch(() => undefined))?.parts ?? [];
  const processes = readProcesses();
  return parts
    .filter(({ state }) => state === 'ready')
    .flatMap(({ name, pid }) =>
      (pid === undefined ? [] : familyOf(pid, processes)).map((each) => ({
        ...each,
        name: name === 'gateway' ? (functionOf(each.pid) ?? name) : name,
      })),
    );
}

/** The living processes of a function, told from the gateway's others by what their environment says. */
export function functionProcesses(parts: PlatformReport['parts'], name: string): number[] {
  const gateway = parts.find((part) => part.name === 'gateway')?.pid;
  if (gateway === undefined) return [];
  return familyOf(gateway, readProcesses())
    .map(({ pid }) => pid)
    .filter((pid) => functionOf(pid) === name);
}

function functionOf(pid: number): string | undefined {
  try {
    return /(?:^|\0)FUNCTION_NAME=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1];
  } catch {
    return undefined; // It has just ended.
  }
}
