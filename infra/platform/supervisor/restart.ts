/** How long a part must have run before its earlier failures are forgotten. */
export const STABLE_AFTER_MS = 30_000;

/** Milliseconds to wait before a part that failed `failures` times in a row (1 or more) is started again. */
export function restartDelayMs(failures: number): number {
  return Math.min(10_000, 250 * 2 ** Math.max(0, failures - 1)) - (failures <= 1 ? 150 : 0);
}

/**
 * Failures in a row, given one more after `ranForMs`. A part that had been running well starts from one again.
 */
export function failuresAfter(failures: number, ranForMs: number): number {
  return ranForMs >= STABLE_AFTER_MS ? 1 : failures + 1;
}
