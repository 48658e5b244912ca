import type { TimeRange } from './range.ts';
import {
  conditionsOf,
  type Dimension,
  type Filters,
  granularities,
  Params,
  type PlainGranularity,
  rowsWithin,
  type Statement,
  timeColumn,
} from './sql.ts';

export interface RevenueQuestion {
  range: TimeRange;
  filters: Filters;
  granularity: PlainGranularity;
  by: readonly Dimension[];
  zone: string;
  limit: number;
}

/** Events with neither an amount nor a currency carry none. Sums of decimals are exact; currencies are never added up. */
export function revenueStatement({
  range,
  filters,
  granularity,
  by,
  zone,
  limit,
}: RevenueQuestion): Statement {
  const params = new Params();
  const bucket = granularities[granularity]?.('timestamp', params.add(zone, 'String'));
  const where = [
    rowsWithin(range, params),
    "(amount != 0 OR currency != '')",
    ...conditionsOf(filters, params),
  ].join(' AND ');
  const keys = [...(bucket === undefined ? [] : [timeColumn(granularity)]), ...by, 'currency'];
  const shown = [
    ...(bucket === undefined ? [] : [`${bucket} AS ${timeColumn(granularity)}`]),
    ...by,
    'currency',
  ];
  const text = `SELECT ${shown.join(', ')}, toString(sum(amount)) AS revenue, count() AS events
FROM events_distributed WHERE ${where}
GROUP BY ${keys.join(', ')} ORDER BY ${keys.join(', ')}
LIMIT ${params.add(limit, 'UInt64')}`;
  return { text, params: params.values, computed: 'summed from events_distributed' };
}
