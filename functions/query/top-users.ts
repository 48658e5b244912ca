import type { TimeRange } from './range.ts';
import { conditionsOf, type Filters, Params, rowsWithin, type Statement } from './sql.ts';

/** Of users with as many events, those with the lower ids come first. */
export function topUsersStatement({
  range,
  filters,
  limit,
}: {
  range: TimeRange;
  filters: Filters;
  limit: number;
}): Statement {
  const params = new Params();
  const where = [rowsWithin(range, params), ...conditionsOf(filters, params)].join(' AND ');
  const text = `SELECT user_id, count() AS total_events
FROM events_distributed WHERE ${where}
GROUP BY user_id ORDER BY total_events DESC, user_id
LIMIT ${params.add(limit, 'UInt64')}`;
  return { text, params: params.values, computed: 'counted from events_distributed' };
}
