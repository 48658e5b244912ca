import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../shared/config/index.ts';
import { messageOf, PipelineError } from '../../shared/errors/index.ts';
import { ensureSupervisor } from './supervisor/client.ts';

/** Errors of ours that pass once a process has come back; all others of ours stay. */
const passing: ReadonlySet<string> = new Set([
  'GATEWAY',
  'DEPLOY',
  'CLICKHOUSE',
  'NO_OFFSETS',
  'NO_LEADER',
  'NO_COORDINATOR',
]);

/**
 * Does `work` again until it succeeds: any process may be killed while it runs, and comes back. Brings the supervisor
 * back as well, should that have been the one.
 *
 * @throws the last error after `patienceMs`, and at once an error that doing it again does not mend.
 */
export async function persist<T>(
  settings: Settings,
  work: () => Promise<T>,
  {
    patienceMs = 180_000,
    onTrouble = () => {},
  }: { patienceMs?: number; onTrouble?: (reason: string) => void } = {},
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PipelineError && !error.retriable && !passing.has(error.code)) throw error;
      if (Date.now() > deadline) throw error;
      onTrouble(messageOf(error));
      await delay(1000);
      await ensureSupervisor(settings);
    }
  }
}
