import { z } from 'zod';
import { ask } from './ask.ts';
import { funnelStatement } from './funnel.ts';
import { described, filtersOf, limitsOf, rangeOf, shared, startOfDay } from './given.ts';
import { parameters } from './parameters.ts';
import { type Dependencies, type Question, question } from './question.ts';
import { dayMs } from './range.ts';
import { retentionStatement } from './retention.ts';
import { revenueStatement } from './revenue.ts';
import { sessionsStatement } from './sessions.ts';
import { topUsersStatement } from './top-users.ts';

const { zone } = parameters;

/** The steps that users took one after the other. */
export function funnel({ clickhouse, now }: Dependencies): Question {
  const { type: _, ...rest } = shared;
  return question({
    path: '/funnel',
    summary:
      'How many users took the steps in their order, all within a time after the first. As it stands: the last 7 days.',
    parameters: z.strictObject({
      ...rest,
      steps: parameters.steps,
      within: z.coerce
        .number()
        .int()
        .min(1)
        .max(31 * 86_400)
        .default(86_400)
        .meta({ description: 'seconds after the first step in which the others must come' }),
    }),
    async answer(given, { properties, signal }) {
      const range = rangeOf(given, startOfDay(now()) - 7 * dayMs);
      const filters = filtersOf(given, properties);
      const statement = funnelStatement({ range, filters, steps: given.steps, withinSeconds: given.within });
      return described(await ask(clickhouse, statement, { signal, limits: limitsOf(given) }), range);
    },
  });
}

/** Who came back. */
export function retention({ clickhouse, now }: Dependencies): Question {
  const { type: _, ...rest } = shared;
  return question({
    path: '/retention',
    summary:
      'Users by the period of their first event in the range, and how many of them had an event so many periods later. As it stands: by day, since 14 days.',
    parameters: z.strictObject({
      ...rest,
      period: z.enum(['day', 'week', 'month']).default('day').meta({ description: 'the period of cohorts' }),
      zone,
      first: parameters.anyType.meta({ description: 'only events of this type make a user one of a cohort' }),
      back: parameters.anyType.meta({ description: 'only events of this type count as coming back' }),
      limit: parameters.limit(10_000, 100_000),
    }),
    async answer(given, { properties, signal }) {
      const range = rangeOf(given, startOfDay(now()) - 14 * dayMs);
      const { period, zone, first, back, limit } = given;
      const filters = filtersOf(given, properties);
      const statement = retentionStatement({ range, filters, period, zone, first, back, limit });
      return described(await ask(clickhouse, statement, { signal, limits: limitsOf(given) }), range);
    },
  });
}

/** Visits. */
export function sessions({ clickhouse, now }: Dependencies): Question {
  return question({
    path: '/sessions',
    summary:
      'Sessions by the time of their first event in the range: how many, how long, how many events. As it stands: per day, since 7 days.',
    parameters: z.strictObject({
      ...shared,
      granularity: parameters.plainGranularity.default('day'),
      zone,
      limit: parameters.limit(10_000, 100_000),
    }),
    async answer(given, { properties, signal }) {
      const range = rangeOf(given, startOfDay(now()) - 7 * dayMs);
      const { granularity, zone, limit } = given;
      const filters = filtersOf(given, properties);
      const statement = sessionsStatement({ range, filters, granularity, zone, limit });
      return described(await ask(clickhouse, statement, { signal, limits: limitsOf(given) }), range);
    },
  });
}

/** Sums of amounts. */
export function revenue({ clickhouse, now }: Dependencies): Question {
  return question({
    path: '/revenue',
    summary:
      'Sums of the property amount by currency, over events that carry one; exact, as decimal text. As it stands: per day, since 7 days.',
    parameters: z.strictObject({
      ...shared,
      granularity: parameters.plainGranularity.default('day'),
      by: parameters.by.default([]),
      zone,
      limit: parameters.limit(10_000, 100_000),
    }),
    async answer(given, { properties, signal }) {
      const range = rangeOf(given, startOfDay(now()) - 7 * dayMs);
      const { granularity, zone, limit, by } = given;
      const filters = filtersOf(given, properties);
      const statement = revenueStatement({ range, filters, granularity, by, zone, limit });
      return described(await ask(clickhouse, statement, { signal, limits: limitsOf(given) }), range);
    },
  });
}

/** Who does most. */
export function topUsers({ clickhouse, now }: Dependencies): Question {
  return question({
    path: '/top-users',
    summary: 'The users with the most events. As it stands: ten users of the last 24 hours.',
    parameters: z.strictObject({ ...shared, limit: parameters.limit(10, 10_000) }),
    async answer(given, { properties, signal }) {
      const range = rangeOf(given, Math.floor(now() / 1000) * 1000 - dayMs);
      const filters = filtersOf(given, properties);
      const statement = topUsersStatement({ range, filters, limit: given.limit });
      return described(await ask(clickhouse, statement, { signal, limits: limitsOf(given) }), range);
    },
  });
}
