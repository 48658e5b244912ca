import { readFileSync } from 'node:fs';
import { familyOf, readProcesses } from '../../../infra/platform/process-table.ts';
import { askStatus } from '../../../infra/platform/supervisor/client.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { type Role, sinks } from './schedule.ts';

/**
 * The living processes that play a role: parts as the supervisor knows them, replicas by what their environment
 * says. Empty while it is down.
 */
export async function processesOf(settings: Settings, role: Role): Promise<number[]> {
  const report = await askStatus(settings).catch(() => undefined);
  const parts = report?.parts ?? [];
  if (!sinks.some((name) => name === role)) {
    return parts
      .filter((part) => part.state === 'ready' && (part.name === role || part.name.startsWith(`${role}-`)))
      .flatMap(({ pid }) => pid ?? []);
  }
  const gateway = parts.find(({ name }) => name === 'gateway')?.pid;
  if (gateway === undefined) return [];
  return familyOf(gateway, readProcesses())
    .map(({ pid }) => pid)
    .filter((pid) => functionOf(pid) === role);
}

function functionOf(pid: number): string | undefined {
  try {
    return /(?:^|\0)FUNCTION_NAME=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1];
  } catch {
    return undefined; // It has just ended.
  }
}
