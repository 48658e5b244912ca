import type { TimeRange } from './range.ts';
import { conditionsOf, type Filters, Params, rowsWithin, type Statement } from './sql.ts';

export interface FunnelQuestion {
  range: TimeRange;
  filters: Filters;
  /** Event types in their order; the same may come again. */
  steps: readonly string[];
  withinSeconds: number;
}

/** A row a step: users who got that far, each counted once, by the chain that got them furthest. */
export function funnelStatement({ range, filters, steps, withinSeconds }: FunnelQuestion): Statement {
  const params = new Params();
  const types = steps.map((step) => params.add(step, 'String'));
  const where = [
    rowsWithin(range, params),
    `event_type IN (${types.join(', ')})`,
    ...conditionsOf(filters, params),
  ].join(' AND ');
  const conditions = types.map((type) => `event_type = ${type}`).join(', ');
  // Steps at the same millisecond are in no order; windowFunnel takes them in that of the steps.
  const window = params.add(withinSeconds * 1000, 'UInt64');
  const text = `SELECT step, [${types.join(', ')}][step] AS event_type, countIf(level >= step) AS users
FROM (
  SELECT user_id, windowFunnel(${window})(toUInt64(toUnixTimestamp64Milli(timestamp)), ${conditions}) AS level
  FROM events_distributed WHERE ${where} GROUP BY user_id
)
ARRAY JOIN range(1, ${steps.length + 1}) AS step
GROUP BY step ORDER BY step`;
  return { text, params: params.values, computed: 'followed per user through events_distributed' };
}
