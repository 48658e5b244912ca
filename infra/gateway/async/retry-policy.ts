import { parseDuration } from '../../connector/functions/units.ts';

/** How often and when a queued call is made again. */
export interface RetryPolicy {
  /** Calls in all, the first included. */
  attempts: number;
  codes: ReadonlySet<number>;
  minWaitMs: number;
  maxWaitMs: number;
}

const prefix = 'com.openfaas.retry.';

/**
 * The annotations that OpenFaaS's queue worker documents: `com.openfaas.retry.attempts` (10), `.codes`
 * (408,429,500,502,503,504), `.min_wait` (1s), `.max_wait` (30s). A value that makes no sense counts as absent.
 */
export function retryPolicyOf(annotations: Readonly<Record<string, string>> | null | undefined): RetryPolicy {
  const given = (name: string) => annotations?.[prefix + name]?.trim() ?? '';
  const attempts = Number(given('attempts') || 10);
  const codes = (given('codes') || '408,429,500,502,503,504').split(',').map(Number);
  const minWaitMs = parseDuration(given('min_wait')) ?? 1000;
  return {
    attempts: Number.isInteger(attempts) && attempts > 0 ? attempts : 10,
    codes: new Set(codes),
    minWaitMs,
    maxWaitMs: Math.max(minWaitMs, parseDuration(given('max_wait')) ?? 30_000),
  };
}

/**
 * Milliseconds to wait before the next call, or undefined when there is none.
 *
 * @param status of the answer; 0: none came.
 * @param attempt number of the call that was just made, from 1.
 * @param random 0 to 1: spreads calls that failed together.
 */
export function nextWaitMs(
  policy: RetryPolicy,
  status: number,
  attempt: number,
  random: number,
): number | undefined {
  if (attempt >= policy.attempts || (status !== 0 && !policy.codes.has(status))) return undefined;
  const waitMs = Math.min(policy.maxWaitMs, policy.minWaitMs * 2 ** (attempt - 1));
  return Math.round(waitMs * (0.75 + random * 0.25));
}
