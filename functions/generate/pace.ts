/** No transaction holds more: what it holds is read only once it ends. */
export const maxBatch = 4000;

/** At a rate, events are gathered this long, so that slow rates do not make a transaction of each event. */
const gatherMs = 100;

/** A run that is further behind than this was stopped; it goes on from now instead of making up for it. */
const longestCatchUpMs = 5000;

/** `pausedMs` is to be kept for the next step, also after a wait: a pause that is forgotten would be seen again for ever. */
export type Step = ({ write: number } | { waitMs: number }) & { pausedMs: number };

/**
 * What a run does now: write the events that are due, or wait until some are.
 *
 * @param position events of the run proper that are written already; `remaining` those that are not.
 * @param rate events per second; undefined for as fast as possible.
 */
export function nextStep({
  nowMs,
  startMs,
  pausedMs,
  position,
  remaining,
  rate,
}: {
  nowMs: number;
  startMs: number;
  pausedMs: number;
  position: number;
  remaining: number;
  rate: number | undefined;
}): Step {
  const most = Math.min(maxBatch, remaining);
  if (rate === undefined) return { write: most, pausedMs };
  const behindMs = nowMs - (startMs + pausedMs + (position * 1000) / rate);
  const paused = behindMs > longestCatchUpMs ? pausedMs + Math.floor(behindMs) : pausedMs;
  const due = Math.floor(((nowMs - startMs - paused) * rate) / 1000) - position + 1;
  // The last few of a run do not wait for company.
  const enough = Math.max(1, Math.min(most, Math.floor((rate * gatherMs) / 1000)));
  if (due >= enough) return { write: Math.min(due, most), pausedMs: paused };
  return { waitMs: Math.max(1, Math.ceil(((enough - due) * 1000) / rate)), pausedMs: paused };
}
