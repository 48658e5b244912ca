import { test } from '@jest/globals';

/**
 * `test`, or a skipped one whose name says why, when `reason` is given:
 * `testUnless(mongod ? undefined : 'no mongod on this machine')('…', async () => {…})`.
 */
export function testUnless(
  reason: string | undefined,
): (name: string, run: () => Promise<void>, timeoutMs?: number) => void {
  if (reason === undefined) return (name, run, timeoutMs) => test(name, run, timeoutMs);
  return (name, run) => test.skip(`${name} (skipped: ${reason})`, run);
}
