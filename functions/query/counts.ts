import { cutRange, minuteMs, type TimeRange } from './range.ts';
import {
  conditionsOf,
  type Dimension,
  type Filters,
  type Granularity,
  granularities,
  Params,
  rowsWithin,
  type Statement,
  timeColumn,
  within,
} from './sql.ts';

/** How many events, by time and by typed columns. */
export interface CountsQuestion {
  range: TimeRange;
  granularity: Granularity;
  by: readonly Dimension[];
  filters: Filters;
  /** IANA name of the zone whose hours and days are meant. */
  zone: string;
  order: 'time' | 'count';
  /** The column that holds the count. */
  countName: 'event_count' | 'total_events';
  limit: number;
}

/** What the minute rollup knows; anything else is counted from rows. */
const inRollup: readonly Dimension[] = ['event_type', 'category'];

/**
 * Counts exactly, whatever the ends of the range: whole minutes from the rollup, what is left at both ends from rows.
 */
export function countsStatement(question: CountsQuestion): Statement {
  const { range, filters, by, order, countName, limit } = question;
  const used = [...by, ...(Object.keys(filters.columns) as Dimension[])];
  const fromRollup = filters.properties.length === 0 && used.every((name) => inRollup.includes(name));
  const { inside, edges } = fromRollup ? cutRange(range, minuteMs) : { inside: undefined, edges: [range] };
  const params = new Params();
  const pieces: string[] = [];
  if (inside !== undefined) pieces.push(piece(question, 'rollup', [inside], params));
  if (edges.length > 0) pieces.push(piece(question, 'rows', edges, params));
  const keys = keysOf(question);
  // An order that leaves nothing open: a page cut off by the limit is the same every time.
  const first = order === 'count' ? [`${countName} DESC`] : [];
  const orderBy = [...first, ...keys].join(', ');
  const text = `SELECT ${[...keys, `sum(events) AS ${countName}`].join(', ')}
FROM (${pieces.length > 0 ? pieces.join('\nUNION ALL\n') : piece(question, 'rows', [range], params)})
${keys.length > 0 ? `GROUP BY ${keys.join(', ')}` : ''}
${orderBy === '' ? '' : `ORDER BY ${orderBy}`}
LIMIT ${params.add(limit, 'UInt64')}`;
  return { text, params: params.values, computed: computedFrom(inside !== undefined, edges.length) };
}

function piece(
  { granularity, by, filters, zone }: CountsQuestion,
  source: 'rollup' | 'rows',
  ranges: readonly TimeRange[],
  params: Params,
): string {
  const column = source === 'rollup' ? 'minute' : 'timestamp';
  const bucket = granularities[granularity]?.(column, params.add(zone, 'String'));
  const keys = [...(bucket === undefined ? [] : [`${bucket} AS ${timeColumn(granularity)}`]), ...by];
  const timesOf = (range: TimeRange) =>
    source === 'rollup' ? within(column, range, params) : rowsWithin(range, params);
  const times = ranges.map((range) => `(${timesOf(range)})`).join(' OR ');
  const where = [`(${times})`, ...conditionsOf(filters, params)].join(' AND ');
  const count = source === 'rollup' ? 'sum(events)' : 'count()';
  const table = source === 'rollup' ? 'events_per_minute' : 'events_distributed';
  const groupBy = [...(bucket === undefined ? [] : [timeColumn(granularity)]), ...by];
  return `SELECT ${[...keys, `${count} AS events`].join(', ')} FROM ${table} WHERE ${where}${
    groupBy.length > 0 ? ` GROUP BY ${groupBy.join(', ')}` : ''
  }`;
}

function keysOf({ granularity, by }: CountsQuestion): string[] {
  return [...(granularity === 'all' ? [] : [timeColumn(granularity)]), ...by];
}

function computedFrom(rollup: boolean, edges: number): string {
  if (!rollup) return 'counted from events_distributed';
  return edges === 0
    ? 'summed from events_per_minute'
    : 'summed from events_per_minute; partial minutes at the ends counted from events_distributed';
}
