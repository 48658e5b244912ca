import { functionProcesses } from '../../../infra/platform/named-processes.ts';
import { askStatus } from '../../../infra/platform/supervisor/client.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { sinks } from './schedule.ts';

/** The living processes that play a role, or of one part such as `kafka-2`. Empty while it is down. */
export async function processesOf(settings: Settings, role: string): Promise<number[]> {
  const parts = (await askStatus(settings).catch(() => undefined))?.parts ?? [];
  if (sinks.some((name) => name === role)) return functionProcesses(parts, role);
  return parts
    .filter((part) => part.state === 'ready' && (part.name === role || part.name.startsWith(`${role}-`)))
    .flatMap(({ pid }) => pid ?? []);
}
