import type { TimeRange } from './range.ts';
import {
  conditionsOf,
  type Filters,
  granularities,
  Params,
  type PlainGranularity,
  rowsWithin,
  type Statement,
  timeColumn,
} from './sql.ts';

export interface SessionsQuestion {
  range: TimeRange;
  filters: Filters;
  granularity: PlainGranularity;
  zone: string;
  limit: number;
}

/** A session is what one user sent under one session id; events without an id belong to none. */
export function sessionsStatement({ range, filters, granularity, zone, limit }: SessionsQuestion): Statement {
  const params = new Params();
  const where = [rowsWithin(range, params), "session_id != ''", ...conditionsOf(filters, params)].join(
    ' AND ',
  );
  const bucket = granularities[granularity]?.('started', params.add(zone, 'String'));
  const time = timeColumn(granularity);
  const text = `SELECT ${bucket === undefined ? '' : `${bucket} AS ${time}, `}count() AS sessions,
  uniqExact(user_id) AS users, sum(events) AS total_events,
  round(avg(seconds), 3) AS average_seconds, round(quantileExact(0.5)(seconds), 3) AS median_seconds,
  round(quantileExact(0.95)(seconds), 3) AS p95_seconds
FROM (
  SELECT user_id, session_id, min(timestamp) AS started, count() AS events,
    (toUnixTimestamp64Milli(max(timestamp)) - toUnixTimestamp64Milli(min(timestamp))) / 1000 AS seconds
  FROM events_distributed WHERE ${where} GROUP BY user_id, session_id
)
${bucket === undefined ? 'HAVING sessions > 0' : `GROUP BY ${time} ORDER BY ${time}`}
LIMIT ${params.add(limit, 'UInt64')}`;
  return { text, params: params.values, computed: 'grouped by user and session from events_distributed' };
}
