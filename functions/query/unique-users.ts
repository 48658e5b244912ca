import { cutRange, dayMs, type TimeRange } from './range.ts';
import { conditionsOf, type Filters, granularities, Params, rowsWithin, type Statement } from './sql.ts';

/** How many different users, per period or over the whole range. */
export interface UsersQuestion {
  range: TimeRange;
  granularity: 'all' | 'day' | 'week' | 'month';
  filters: Filters;
  zone: string;
  limit: number;
}

/**
 * Counts users exactly: the sets of whole UTC days are united, with those of the rows at both ends. A filter, or
 * days of another zone, can only be answered from rows.
 */
export function uniqueUsersStatement({ range, granularity, filters, zone, limit }: UsersQuestion): Statement {
  const params = new Params();
  const zoneParam = params.add(zone, 'String');
  const bucket = granularities[granularity];
  const plain = filters.properties.length === 0 && Object.keys(filters.columns).length === 0;
  const fromSets = plain && zone === 'UTC';
  const { inside, edges } = fromSets ? cutRange(range, dayMs) : { inside: undefined, edges: [range] };
  const period = (column: string) =>
    bucket === undefined ? '' : `${bucket(column, zoneParam)} AS event_date, `;
  const groupBy = bucket === undefined ? '' : ' GROUP BY event_date';
  const pieces: string[] = [];
  if (inside !== undefined) {
    const before = inside.toMs === undefined ? '' : ` AND day < ${params.day(inside.toMs)}`;
    pieces.push(
      `SELECT ${dayPeriod(granularity)}groupBitmapMergeState(users) AS users FROM (SELECT event_date AS day, users FROM users_per_day) WHERE day >= ${params.day(inside.fromMs)}${before}${groupBy}`,
    );
  }
  if (edges.length > 0) {
    const times = edges.map((edge) => `(${rowsWithin(edge, params)})`).join(' OR ');
    const where = [`(${times})`, ...conditionsOf(filters, params)].join(' AND ');
    pieces.push(
      `SELECT ${period('timestamp')}groupBitmapState(user_id) AS users FROM events_distributed WHERE ${where}${groupBy}`,
    );
  }
  if (pieces.length === 0) throw new Error('an empty range was not refused');
  const text = `SELECT ${bucket === undefined ? '' : 'event_date, '}groupBitmapMerge(users) AS unique_users
FROM (${pieces.join('\nUNION ALL\n')})
${bucket === undefined ? '' : 'GROUP BY event_date ORDER BY event_date'}
LIMIT ${params.add(limit, 'UInt64')}`;
  return { text, params: params.values, computed: computedFrom(inside !== undefined, edges.length) };
}

/** The period that a UTC day of the rollup lies in. */
function dayPeriod(granularity: UsersQuestion['granularity']): string {
  return {
    all: '',
    day: 'day AS event_date, ',
    week: 'toMonday(day) AS event_date, ',
    month: 'toStartOfMonth(day) AS event_date, ',
  }[granularity];
}

function computedFrom(sets: boolean, edges: number): string {
  if (!sets) return 'distinct users of events_distributed';
  return edges === 0
    ? 'united from the sets of users_per_day'
    : 'united from the sets of users_per_day and, for partial days, of events_distributed';
}
