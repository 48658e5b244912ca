/**
 * Milliseconds before try number `tries` (1 for the first repeat): doubling from `baseMs` to `capMs`, with half
 * of it left to chance so that partitions which failed together do not come back together.
 */
export function backoffMs(
  tries: number,
  { baseMs, capMs, random = Math.random }: { baseMs: number; capMs: number; random?: () => number },
): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(tries - 1, 30));
  return Math.round(full / 2 + (full / 2) * random());
}
