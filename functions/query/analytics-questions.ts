import { z } from 'zod';
import { ask } from './ask.ts';
import { countsStatement } from './counts.ts';
import { described, filtersOf, limitsOf, rangeOf, shared, startOfDay } from './given.ts';
import { parameters } from './parameters.ts';
import { type Dependencies, type Question, question } from './question.ts';
import { dayMs } from './range.ts';
import { uniqueUsersStatement } from './unique-users.ts';

const { zone } = parameters;

/** Counts over time. */
export function eventCounts({ clickhouse, now }: Dependencies): Question {
  return question({
    path: '/event-counts',
    summary: 'Events by time and by typed columns. As it stands: per type and hour of day, since yesterday.',
    parameters: z.strictObject({
      ...shared,
      granularity: parameters.granularity.default('hour-of-day'),
      by: parameters.by.default(['event_type']),
      zone,
      order: z.enum(['time', 'count']).default('count').meta({ description: 'most first, or by time' }),
      limit: parameters.limit(10_000, 100_000),
    }),
    async answer(given, { properties, signal }) {
      const range = rangeOf(given, startOfDay(now()) - dayMs);
      const statement = countsStatement({
        range,
        granularity: given.granularity,
        by: given.by,
        filters: filtersOf(given, properties),
        zone: given.zone,
        order: given.order,
        countName: 'event_count',
        limit: given.limit,
      });
      return described(await ask(clickhouse, statement, { signal, limits: limitsOf(given) }), range);
    },
  });
}

/** Exact distinct users. */
export function uniqueUsers({ clickhouse, now }: Dependencies): Question {
  return question({
    path: '/unique-users',
    summary:
      'Different users, exactly, per day, week, month or over the whole range. As it stands: the last 7 days.',
    parameters: z.strictObject({
      ...shared,
      granularity: parameters.period.default('day'),
      zone,
      limit: parameters.limit(10_000, 100_000),
    }),
    async answer(given, { properties, signal }) {
      const range = rangeOf(given, startOfDay(now()) - 7 * dayMs);
      const statement = uniqueUsersStatement({
        range,
        granularity: given.granularity,
        filters: filtersOf(given, properties),
        zone: given.zone,
        limit: given.limit,
      });
      return described(await ask(clickhouse, statement, { signal, limits: limitsOf(given) }), range);
    },
  });
}

/** The most frequent of something. */
export function topEvents({ clickhouse, now }: Dependencies): Question {
  return question({
    path: '/top-events',
    summary: 'The most frequent types, or other columns. As it stands: ten types of the last 24 hours.',
    parameters: z.strictObject({
      ...shared,
      by: parameters.by.default(['event_type']),
      limit: parameters.limit(10, 10_000),
    }),
    async answer(given, { properties, signal }) {
      // To the second, as ClickHouse's now() is.
      const range = rangeOf(given, Math.floor(now() / 1000) * 1000 - dayMs);
      const statement = countsStatement({
        range,
        granularity: 'all',
        by: given.by,
        filters: filtersOf(given, properties),
        zone: 'UTC',
        order: 'count',
        countName: 'total_events',
        limit: given.limit,
      });
      return described(await ask(clickhouse, statement, { signal, limits: limitsOf(given) }), range);
    },
  });
}
