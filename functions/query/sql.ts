import { dateTimeText } from '../../shared/events/time.ts';
import type { TimeRange } from './range.ts';

/** A statement for ClickHouse: every value is in `params`, bound by the server to `{name:Type}` in the text. */
export interface Statement {
  text: string;
  params: Record<string, string | number>;
  /** In words, for whoever asks how the answer came about. */
  computed: string;
}

/**
 * A statement with its values put in, to be read and to be asked elsewhere. What is asked here has them bound by the
 * server instead.
 */
export function literalSql({ text, params }: Statement): string {
  return text.replace(/\{(p\d+):([^}]*)\}/g, (_, name: string, type: string) => {
    const value = params[name];
    if (typeof value === 'number') return String(value);
    const quoted = `'${String(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    if (type === 'Date') return `toDate(${quoted})`;
    return type.startsWith('DateTime64') ? `toDateTime64(${quoted}, 3, 'UTC')` : quoted;
  });
}

/** Collects parameters under names of their own, so that no value is ever pasted into a statement. */
export class Params {
  readonly values: Record<string, string | number> = {};

  /** @returns the placeholder that stands for the value. */
  add(
    value: string | number,
    type: 'String' | 'UInt64' | 'UInt32' | "DateTime64(3, 'UTC')" | 'Date',
  ): string {
    const name = `p${Object.keys(this.values).length}`;
    this.values[name] = value;
    return `{${name}:${type}}`;
  }

  time(ms: number): string {
    return this.add(dateTimeText(ms), "DateTime64(3, 'UTC')");
  }

  day(ms: number): string {
    return this.add(dateTimeText(ms).slice(0, 10), 'Date');
  }
}

/**
 * The typed columns that answers can be broken down by and filtered by, by their name in the API. A column more is a
 * line more here: parameters, filters and the API's description follow.
 */
export const dimensions = {
  event_type: 'event_type',
  category: 'category',
  country: 'country',
  device: 'device',
  browser: 'browser',
} as const;

export type Dimension = keyof typeof dimensions;

/** The parameter that filters by a column. */
export type FilterName = Exclude<Dimension, 'event_type'> | 'type';

export function filterName(dimension: Dimension): FilterName {
  return dimension === 'event_type' ? 'type' : dimension;
}

export const dimensionNames = Object.keys(dimensions) as [Dimension, ...Dimension[]];

/** Which events count. */
export interface Filters {
  columns: Partial<Record<Dimension, string[]>>;
  /** By property, which every event has as text. */
  properties: [name: string, value: string][];
}

/** Conditions on `events_distributed` or, when only its own columns are used, on the minute rollup. */
export function conditionsOf(filters: Filters, params: Params): string[] {
  const columns = Object.entries(filters.columns).map(([name, values]) => {
    const placeholders = values.map((value) => params.add(value, 'String'));
    return `${dimensions[name as Dimension]} IN (${placeholders.join(', ')})`;
  });
  const properties = filters.properties.map(
    ([name, value]) => `properties[${params.add(name, 'String')}] = ${params.add(value, 'String')}`,
  );
  return [...columns, ...properties];
}

/** `column >= from AND column < to`, on a column of DateTime or DateTime64. */
export function within(column: string, { fromMs, toMs }: TimeRange, params: Params): string {
  const from = `${column} >= ${params.time(fromMs)}`;
  return toMs === undefined ? from : `${from} AND ${column} < ${params.time(toMs)}`;
}

/**
 * The same for rows of `events_distributed`. The days follow from the times, but a part knows its first and last day,
 * and so is left out whole; by the time alone it would be read where each event type begins. Answers may have an
 * `event_date` of their own, hence the column with its table.
 */
export function rowsWithin({ fromMs, toMs }: TimeRange, params: Params): string {
  const day = 'events_distributed.event_date';
  const from = `${day} >= ${params.day(fromMs)}`;
  const days = toMs === undefined ? from : `${from} AND ${day} <= ${params.day(toMs - 1)}`;
  return `${within('timestamp', { fromMs, toMs }, params)} AND ${days}`;
}

/** Answers follow calendars in this zone; the parameter is a constant to the server. */
export const granularities = {
  all: undefined,
  minute: (column: string, zone: string) => `toStartOfMinute(${column}, ${zone})`,
  hour: (column: string, zone: string) => `toStartOfHour(${column}, ${zone})`,
  'hour-of-day': (column: string, zone: string) => `toHour(${column}, ${zone})`,
  day: (column: string, zone: string) => `toDate(${column}, ${zone})`,
  week: (column: string, zone: string) => `toMonday(${column}, ${zone})`,
  month: (column: string, zone: string) => `toStartOfMonth(${column}, ${zone})`,
} as const;

export type Granularity = keyof typeof granularities;

/** Those that follow one after the other. */
export type PlainGranularity = Exclude<Granularity, 'hour-of-day'>;

/** What a row's time is called in answers. */
export function timeColumn(granularity: Granularity): string {
  return granularity === 'hour-of-day' ? 'hour' : 'time';
}
