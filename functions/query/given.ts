import type { Answer } from './answer.ts';
import type { Limits } from './ask.ts';
import { standardLimits } from './ask.ts';
import { checkRange, parameters } from './parameters.ts';
import { dayMs, type TimeRange } from './range.ts';
import { dimensionNames, type FilterName, type Filters, filterName } from './sql.ts';

/** What questions make of the parameters that they share. */

/** Parameters of every question that ClickHouse answers. */
export const shared = {
  from: parameters.from,
  to: parameters.to,
  ...parameters.filters,
  seconds: parameters.seconds,
  format: parameters.format,
};

export function startOfDay(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

export function rangeOf({ from, to }: { from?: number; to?: number }, standardFromMs: number) {
  const fromMs = from ?? standardFromMs;
  checkRange(fromMs, to);
  return { fromMs, toMs: to };
}

export function described(answer: Answer, { fromMs, toMs }: TimeRange): Answer {
  const to = toMs === undefined ? {} : { to: new Date(toMs).toISOString() };
  return { ...answer, meta: { ...answer.meta, from: new Date(fromMs).toISOString(), ...to } };
}

export function filtersOf(
  given: Partial<Record<FilterName, string[]>>,
  properties: [string, string][],
): Filters {
  const columns = dimensionNames.map((name) => [name, given[filterName(name)]] as const);
  return { columns: Object.fromEntries(columns.filter(([, values]) => values !== undefined)), properties };
}

export function limitsOf({ seconds }: { seconds: number }): Limits {
  return { ...standardLimits, seconds };
}
