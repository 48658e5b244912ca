import { setTimeout as delay } from 'node:timers/promises';

/** What is done to a process by a signal. */
export type Blow = { kind: 'kill' | 'restart' } | { kind: 'freeze'; ms: number };

const signals = { kill: 'SIGKILL', restart: 'SIGTERM', freeze: 'SIGSTOP' } as const;

/** Hits a process; a frozen one goes on after its time, which is waited for. @returns false when there is none. */
export async function strike(pid: number, blow: Blow): Promise<boolean> {
  if (!signal(pid, signals[blow.kind])) return false;
  if (blow.kind === 'freeze') {
    await delay(blow.ms);
    // It may have been killed for not answering meanwhile.
    signal(pid, 'SIGCONT');
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
