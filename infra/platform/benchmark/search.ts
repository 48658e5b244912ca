/** A rate that was played for a step, in events a second. */
export interface Tried {
  rate: number;
  sustained: boolean;
}

/** Lag that a sustained rate stays under, and by how much it may grow from one third of a step to the next. */
export const limits = { lagSeconds: 5, growthSeconds: 1 };

/**
 * The rate to try next, or undefined when the top one is known: from `start` up or down by a quarter until one holds and
 * one does not, then between the two until they are `precision` apart. Never more than `most` steps.
 */
export function nextRate(
  tried: readonly Tried[],
  { start, precision = 0.05, most = 10 }: { start: number; precision?: number; most?: number },
): number | undefined {
  if (tried.length === 0) return rounded(start);
  if (tried.length >= most) return undefined;
  const good = topRate(tried);
  const bad = Math.min(...tried.filter(({ sustained }) => !sustained).map(({ rate }) => rate));
  if (bad === Number.POSITIVE_INFINITY) return rounded(good * 1.25);
  if (good === 0) return rounded(bad / 1.25);
  return bad / good <= 1 + precision ? undefined : rounded(Math.sqrt(good * bad));
}

/** The highest rate that held; 0 when none did. */
export function topRate(tried: readonly Tried[]): number {
  return Math.max(0, ...tried.filter(({ sustained }) => sustained).map(({ rate }) => rate));
}

/**
 * Whether lag is bounded at the end of a step: under the limit in its last third, and there not above its middle third by
 * more than what the events gathered in batches make of it. `lags` are in seconds, evenly spaced.
 */
export function isBounded(lags: readonly number[]): boolean {
  const third = Math.ceil(lags.length / 3);
  const last = lags.slice(-third);
  const middle = lags.slice(-2 * third, -third);
  if (last.length === 0) return false;
  const grown = middle.length === 0 ? 0 : mean(last) - mean(middle);
  return Math.max(...last) < limits.lagSeconds && grown <= limits.growthSeconds;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Three digits are enough to tell rates apart. */
const rounded = (rate: number) => Math.max(1, Math.round(Number(rate.toPrecision(3))));
