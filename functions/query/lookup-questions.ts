import { z } from 'zod';
import { HttpError, messageOf } from '../../shared/errors/index.ts';
import type { Answer } from './answer.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Lookup, lookUp } from './lookups.ts';
import { checkRange, parameters } from './parameters.ts';
import { type Dependencies, type Question, question } from './question.ts';

const { from, to, format } = parameters;

const page = {
  from,
  to,
  limit: parameters.limit(100, 1000),
  cursor: parameters.cursor,
  format,
};

/** A user's events. */
export function userEvents({ events }: Dependencies): Question {
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

/** Events of a type. */
export function eventsOfType({ events }: Dependencies): Question {
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
