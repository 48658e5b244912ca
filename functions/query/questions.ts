import type { Collection } from 'mongodb';
import { z } from 'zod';
import type { ClickHouse } from '../../shared/clients/clickhouse/index.ts';
import { HttpError, messageOf } from '../../shared/errors/index.ts';
import type { Answer } from './answer.ts';
import { ask } from './ask.ts';
import { countsStatement } from './counts.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type EventDocument, type Lookup, lookUp } from './lookups.ts';
import { checkRange, parameters } from './parameters.ts';
import { dayMs } from './range.ts';
import type { Dimension, Filters } from './sql.ts';
import { uniqueUsersStatement } from './unique-users.ts';

export interface Dependencies {
  clickhouse: Pick<ClickHouse, 'shards'>;
  events: () => Collection<EventDocument>;
  now: () => number;
}

/** One question of the API: its address, its parameters, its answer. */
export interface Question {
  /** `{name}` stands for a part of the path that is a parameter. */
  path: string;
  summary: string;
  parameters: z.ZodObject;
  answer(given: never, context: AskContext): Promise<Answer>;
}

export interface AskContext {
  /** `property.<name>=<value>` filters of the request. */
  properties: [string, string][];
  signal: AbortSignal | undefined;
}

/** The questions in the order of the document. */
export function createQuestions(dependencies: Dependencies): Question[] {
  return [
    eventCounts(dependencies),
    uniqueUsers(dependencies),
    topEvents(dependencies),
    userEvents(dependencies),
    events(dependencies),
  ];
}

const format = parameters.format;
const { from, to, zone, filters: columnFilters } = parameters;

function question<T extends z.ZodObject>(definition: {
  path: string;
  summary: string;
  parameters: T;
  answer(given: z.output<T>, context: AskContext): Promise<Answer>;
}): Question {
  return definition as unknown as Question;
}

function eventCounts({ clickhouse, now }: Dependencies): Question {
  return question({
    path: '/event-counts',
    summary: 'Events by time and by typed columns. As it stands: per type and hour of day, since yesterday.',
    parameters: z.strictObject({
      from,
      to,
      granularity: parameters.granularity.default('hour-of-day'),
      by: parameters.by.default(['event_type']),
      zone,
      ...columnFilters,
      order: z.enum(['time', 'count']).default('count').meta({ description: 'most first, or by time' }),
      limit: parameters.limit(10_000, 100_000),
      format,
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
      return described(await ask(clickhouse, statement, { signal }), range);
    },
  });
}

function uniqueUsers({ clickhouse, now }: Dependencies): Question {
  return question({
    path: '/unique-users',
    summary:
      'Different users, exactly, per day, week, month or over the whole range. As it stands: the last 7 days.',
    parameters: z.strictObject({
      from,
      to,
      granularity: parameters.period.default('day'),
      zone,
      ...columnFilters,
      limit: parameters.limit(10_000, 100_000),
      format,
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
      return described(await ask(clickhouse, statement, { signal }), range);
    },
  });
}

function topEvents({ clickhouse, now }: Dependencies): Question {
  return question({
    path: '/top-events',
    summary: 'The most frequent types, or other columns. As it stands: ten types of the last 24 hours.',
    parameters: z.strictObject({
      from,
      to,
      by: parameters.by.default(['event_type']),
      ...columnFilters,
      limit: parameters.limit(10, 10_000),
      format,
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
      return described(await ask(clickhouse, statement, { signal }), range);
    },
  });
}

const page = {
  from,
  to,
  limit: parameters.limit(100, 1000),
  cursor: parameters.cursor,
  format,
};

function userEvents({ events }: Dependencies): Question {
  return question({
    path: '/users/{user_id}/events',
    summary: 'The events of one user, newest first, as they were sent.',
    parameters: z.strictObject({
      user_id: parameters.user,
      type: z.string().optional().meta({ description: 'only events of this type' }),
      ...page,
    }),
    answer: (given) =>
      lookUpPage(events, {
        match: { user_id: given.user_id },
        also: given.type === undefined ? {} : { event_type: given.type },
        order: 'newest',
        given,
      }),
  });
}

function events({ events }: Dependencies): Question {
  return question({
    path: '/events',
    summary: 'The events of one type in a range of time, oldest first, as they were sent.',
    parameters: z.strictObject({
      type: z.string().min(1).meta({ description: 'event type' }),
      ...page,
    }),
    answer: (given) =>
      lookUpPage(events, { match: { event_type: given.type }, also: {}, order: 'oldest', given }),
  });
}

async function lookUpPage(
  events: Dependencies['events'],
  {
    given,
    ...lookup
  }: Pick<Lookup, 'match' | 'also' | 'order'> & {
    given: { from?: number; to?: number; limit: number; cursor?: string };
  },
): Promise<Answer> {
  checkRange(given.from ?? Number.NEGATIVE_INFINITY, given.to);
  const startedAt = performance.now();
  const cursor = given.cursor === undefined ? undefined : decodeCursor(given.cursor);
  const found = await lookUp(events(), {
    ...lookup,
    range: {
      ...(given.from === undefined ? {} : { fromMs: given.from }),
      ...(given.to === undefined ? {} : { toMs: given.to }),
    },
    limit: given.limit,
    cursor,
    timeoutMs: 30_000,
  }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 50) {
      throw new HttpError(504, 'the look-up took longer than 30 s and was ended', {
        cause: error,
        details: { name: 'timeout' },
      });
    }
    throw new HttpError(503, `MongoDB: ${messageOf(error)}`, {
      cause: error,
      retryAfterSeconds: 1,
      details: { name: 'store_unavailable' },
    });
  });
  return {
    rows: found.events,
    columns: [
      '_id',
      'event_type',
      'timestamp',
      'user_id',
      'session_id',
      'country',
      'category',
      'properties',
      'user_agent',
      'ip',
      'received_at',
      'source',
    ],
    meta: {
      computed: 'looked up in raw_events',
      elapsed_ms: Math.round((performance.now() - startedAt) * 10) / 10,
      ...(found.next === undefined ? {} : { next: encodeCursor(found.next) }),
    },
  };
}

function startOfDay(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

function rangeOf({ from, to }: { from?: number; to?: number }, standardFromMs: number) {
  const fromMs = from ?? standardFromMs;
  checkRange(fromMs, to);
  return { fromMs, toMs: to };
}

function described(answer: Answer, { fromMs, toMs }: { fromMs: number; toMs: number | undefined }): Answer {
  const to = toMs === undefined ? {} : { to: new Date(toMs).toISOString() };
  return { ...answer, meta: { ...answer.meta, from: new Date(fromMs).toISOString(), ...to } };
}

function filtersOf(
  given: Partial<Record<Exclude<Dimension, 'event_type'> | 'type', string[]>>,
  properties: [string, string][],
): Filters {
  const { type, category, country, device, browser } = given;
  const columns = { event_type: type, category, country, device, browser };
  return {
    columns: Object.fromEntries(Object.entries(columns).filter(([, values]) => values !== undefined)),
    properties,
  };
}
