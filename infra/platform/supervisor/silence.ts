/** How long a process has answered no health check. */
export interface Silence {
  sinceMs: number;
  /** When it was last seen to have used processor time; at first as `sinceMs`. */
  idleSinceMs: number;
  cpuSeconds: number | undefined;
}

/** How long a silent process is borne. */
export interface Patience {
  /** One that uses no processor time: it is frozen or waits for what never comes. */
  hungAfterMs: number;
  /** One that works: on a machine with too little processor time it may only be slow; an endless loop looks the same. */
  loopingAfterMs: number;
}

/**
 * The silence after one more unanswered check.
 *
 * @param cpuSeconds processor time that the process has used so far; undefined where it cannot be told.
 */
export function silenceAfter(
  before: Silence | undefined,
  { nowMs, cpuSeconds }: { nowMs: number; cpuSeconds: number | undefined },
): Silence {
  if (before === undefined) return { sinceMs: nowMs, idleSinceMs: nowMs, cpuSeconds };
  const works = cpuSeconds !== before.cpuSeconds;
  return { sinceMs: before.sinceMs, idleSinceMs: works ? nowMs : before.idleSinceMs, cpuSeconds };
}

/** Whether a process is to be killed for its silence. */
export function isHung(silence: Silence, nowMs: number, { hungAfterMs, loopingAfterMs }: Patience): boolean {
  return nowMs - silence.idleSinceMs > hungAfterMs || nowMs - silence.sinceMs > loopingAfterMs;
}
