import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../../shared/config/index.ts';
import { namedProcesses } from '../named-processes.ts';

/** kill -9 of one process every `everyMs`, each part and function in turn, for `seconds`. @returns the names in order. */
export async function killInTurn(
  settings: Settings,
  { seconds, everyMs, onKill }: { seconds: number; everyMs: number; onKill: (name: string) => void },
): Promise<string[]> {
  const killed: string[] = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    const processes = await namedProcesses(settings);
    const times = (name: string) => killed.filter((each) => each === name).length;
    // The least often hit; a part's own process stands before those that it started.
    const [next] = processes.toSorted((a, b) => times(a.name) - times(b.name));
    if (next !== undefined) {
      killed.push(next.name);
      onKill(next.name);
      try {
        process.kill(next.pid, 'SIGKILL');
      } catch {
        killed.pop(); // It has just ended by itself.
      }
    }
    await delay(Math.min(everyMs, Math.max(0, until - performance.now())));
  }
  return killed;
}
