/** Events a second below which a fault would mostly find nobody at work. */
const LEAST_RATE = 300;
/** More than this piles up behind what is being restarted. */
const MOST_RATE = 5000;

/**
 * Events a second to send now, so that the load lasts as long as there are faults to come.
 *
 * @returns undefined when all faults have been injected: as fast as possible.
 */
export function rateFor({
  eventsLeft,
  faultsLeft,
  secondsPerFault,
}: {
  eventsLeft: number;
  faultsLeft: number;
  /** As seen so far. */
  secondsPerFault: number;
}): number | undefined {
  if (faultsLeft <= 0) return undefined;
  const even = Math.round(eventsLeft / (faultsLeft * secondsPerFault));
  return Math.min(MOST_RATE, Math.max(LEAST_RATE, even));
}
