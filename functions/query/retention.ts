import type { TimeRange } from './range.ts';
import { conditionsOf, type Filters, granularities, Params, rowsWithin, type Statement } from './sql.ts';

export interface RetentionQuestion {
  range: TimeRange;
  filters: Filters;
  period: 'day' | 'week' | 'month';
  zone: string;
  /** Types that make a user one of a cohort, and that count as coming back; undefined: any. */
  first: string | undefined;
  back: string | undefined;
  limit: number;
}

/** A row a cohort and distance in periods; distance 0 holds those who came back within the first period, or its own. */
export function retentionStatement(question: RetentionQuestion): Statement {
  const { range, filters, period, zone, first, back, limit } = question;
  const params = new Params();
  const bucket = granularities[period]('timestamp', params.add(zone, 'String'));
  const of = (type: string | undefined) =>
    type === undefined ? '1' : `event_type = ${params.add(type, 'String')}`;
  const where = [rowsWithin(range, params), ...conditionsOf(filters, params)].join(' AND ');
  const text = `SELECT cohort, dateDiff('${period}', cohort, seen) AS periods_later, any(size) AS cohort_users, count() AS users
FROM (
  SELECT cohort, size, seen
  FROM (
    SELECT cohort, seen_in, count() OVER (PARTITION BY cohort) AS size
    FROM (
      SELECT user_id, minIf(bucket, starts) AS cohort, groupUniqArrayIf(bucket, returns) AS seen_in, max(starts) AS member
      FROM (
        SELECT user_id, ${bucket} AS bucket, max(${of(first)}) AS starts, max(${of(back)}) AS returns
        FROM events_distributed WHERE ${where} GROUP BY user_id, bucket
      )
      GROUP BY user_id HAVING member = 1
    )
  )
  ARRAY JOIN seen_in AS seen
)
WHERE seen >= cohort
GROUP BY cohort, periods_later ORDER BY cohort, periods_later
LIMIT ${params.add(limit, 'UInt64')}`;
  return { text, params: params.values, computed: 'followed per user through events_distributed' };
}
