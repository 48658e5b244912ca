import { Cron } from 'croner';
import { HttpError, messageOf } from '../../../shared/errors/index.ts';

/** When a function is called by the clock. */
export interface Schedule {
  /** Cron expressions of five parts, or of six with seconds first. */
  patterns: string[];
  /** IANA name; undefined: UTC. */
  timezone: string | undefined;
}

/**
 * Reads the annotations `topic: cron-function`, `schedule` (several separated by `;`) and `timezone`.
 * Undefined when the function is not one that the clock calls.
 *
 * @throws HttpError 400 that names the annotation that is wrong.
 */
export function scheduleOf(
  annotations: Readonly<Record<string, string>> | null | undefined,
): Schedule | undefined {
  const topics = (annotations?.topic ?? '').split(',').map((topic) => topic.trim());
  if (!topics.includes('cron-function')) return undefined;
  const patterns = (annotations?.schedule ?? '')
    .split(';')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '');
  if (patterns.length === 0) {
    throw new HttpError(
      400,
      'annotations.schedule: a function with topic cron-function needs one, such as */5 * * * *',
    );
  }
  const timezone = annotations?.timezone?.trim() || undefined;
  if (timezone !== undefined && !isTimezone(timezone)) {
    throw new HttpError(
      400,
      `annotations.timezone: ${JSON.stringify(timezone)} is not a time zone such as Europe/Berlin`,
    );
  }
  for (const pattern of patterns) {
    try {
      timetable(pattern, timezone).nextRun();
    } catch (error) {
      throw new HttpError(400, `annotations.schedule: ${JSON.stringify(pattern)}: ${messageOf(error)}`);
    }
  }
  return { patterns, timezone };
}

/** Times of one expression; starts nothing. */
export function timetable(pattern: string, timezone: string | undefined): Cron {
  return new Cron(pattern, { mode: '5-or-6-parts', timezone: timezone ?? 'Etc/UTC', paused: true });
}

/** How many runs lay between two times, both excluded; counts no further than `most`. */
export function runsBetween(schedule: Schedule, afterMs: number, beforeMs: number, most = 1000): number {
  const times = new Set<number>();
  for (const pattern of schedule.patterns) {
    let next = timetable(pattern, schedule.timezone).nextRun(new Date(afterMs));
    while (next !== null && next.getTime() < beforeMs && times.size < most) {
      times.add(next.getTime());
      next = timetable(pattern, schedule.timezone).nextRun(next);
    }
  }
  return times.size;
}

/** The next run after a time, in milliseconds since 1970; undefined when there is none. */
export function nextRun(schedule: Schedule, afterMs: number): number | undefined {
  const times = schedule.patterns.flatMap((pattern) => {
    const next = timetable(pattern, schedule.timezone).nextRun(new Date(afterMs));
    return next === null ? [] : [next.getTime()];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
