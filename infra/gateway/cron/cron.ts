import { readFileSync } from 'node:fs';
import type { Logger } from '../../../shared/log/index.ts';
import { replaceFile } from '../provider/state.ts';
import { nextRun, runsBetween, type Schedule } from './schedule.ts';

/** What became of a run: `skipped` since the one before was still under way, `missed` while the gateway was down. */
export type RunOutcome = 'ok' | 'failed' | 'skipped' | 'missed';

export interface CronOptions {
  /** Where the time of each function's last run is kept. */
  stateFile: string;
  /** Calls a function; the status of its answer. */
  call(name: string): Promise<number>;
  onRun(name: string, outcome: RunOutcome, runs: number): void;
  log: Logger;
  now?: () => number;
}

/** Calls functions by the clock. */
export interface Cron {
  /** Takes over the present set of scheduled functions. */
  set(schedules: ReadonlyMap<string, Schedule>): void;
  close(): void;
}

type Entry = { schedule: Schedule; timer: NodeJS.Timeout | undefined };

/** Longest wait of one timer: Node's own limit is 24.8 days, and the system's clock may be set. */
const longestWaitMs = 60_000;

export function createCron({ stateFile, call, onRun, log, now = Date.now }: CronOptions): Cron {
  const entries = new Map<string, Entry>();
  /** Functions whose run is under way; it may outlive its schedule. */
  const running = new Set<string>();
  const lastRuns = readLastRuns(stateFile);

  function wait(name: string, entry: Entry, fromMs: number): void {
    const due = nextRun(entry.schedule, fromMs);
    if (due === undefined) return;
    const tick = () => {
      const leftMs = due - now();
      if (leftMs > 0) {
        entry.timer = setTimeout(tick, Math.min(leftMs, longestWaitMs));
        return;
      }
      // From the time that was due: a timer that fires a little late or early skips and repeats nothing.
      wait(name, entry, Math.max(due, now() - 1000));
      run(name, due).catch((error) =>
        log.error({ err: error, function: name }, 'a scheduled run was not recorded'),
      );
    };
    tick();
  }

  async function run(name: string, due: number): Promise<void> {
    lastRuns[name] = due;
    replaceFile(stateFile, JSON.stringify(lastRuns));
    if (running.has(name)) {
      log.warn({ function: name }, 'scheduled run skipped: the one before is still under way');
      onRun(name, 'skipped', 1);
      return;
    }
    running.add(name);
    try {
      const status = await call(name);
      if (status >= 400) log.warn({ function: name, status }, 'scheduled run failed');
      onRun(name, status < 400 ? 'ok' : 'failed', 1);
    } catch (error) {
      log.warn({ err: error, function: name }, 'scheduled run failed');
      onRun(name, 'failed', 1);
    } finally {
      running.delete(name);
    }
  }

  function tellMissed(name: string, schedule: Schedule): void {
    const last = lastRuns[name];
    const missed = last === undefined ? 0 : runsBetween(schedule, last, now());
    if (missed === 0) return;
    log.warn(
      { function: name, missed, since: new Date(last as number).toISOString() },
      'scheduled runs were missed',
    );
    onRun(name, 'missed', missed);
    lastRuns[name] = now();
  }

  return {
    set: (schedules) => {
      for (const [name, entry] of entries) {
        if (JSON.stringify(schedules.get(name)) === JSON.stringify(entry.schedule)) continue;
        clearTimeout(entry.timer);
        entries.delete(name);
        if (!schedules.has(name)) delete lastRuns[name];
      }
      for (const [name, schedule] of schedules) {
        if (entries.has(name)) continue;
        const entry: Entry = { schedule, timer: undefined };
        entries.set(name, entry);
        tellMissed(name, schedule);
        wait(name, entry, now());
      }
    },
    close: () => {
      for (const { timer } of entries.values()) clearTimeout(timer);
      entries.clear();
    },
  };
}

/** A lost or damaged file costs only the knowledge of missed runs. */
function readLastRuns(file: string): Record<string, number> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? { ...(parsed as Record<string, number>) } : {};
  } catch {
    return {};
  }
}
