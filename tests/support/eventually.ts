import { setTimeout as delay } from 'node:timers/promises';

/**
 * Repeats `check` until it no longer throws and answers what it answers.
 *
 * @throws the last error of `check` once `timeoutMs` (default 60 s) have passed.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 60_000, intervalMs = 50 }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await delay(intervalMs);
    }
  }
}
