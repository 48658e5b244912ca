import type { Categories, EventType } from '../../shared/events/categories.ts';
import { createRunMark } from './event-ids.ts';
import { assemble, invalidKinds, type Pieces } from './invalid.ts';
import { createPeople, exampleUserId, type Person, userIdOf } from './people.ts';
import { type PropertiesWriter, propertiesWriter } from './properties.ts';
import { createRandom, type Random } from './random.ts';
import type { RunParameters } from './request.ts';
import { createSessions } from './sessions.ts';
import { timesAtRate, timesOverSpan } from './times.ts';

export interface GeneratedEvent {
  /** User id as decimal text, of the intended user also where the event is invalid. */
  key: string;
  value: string;
  /** Milliseconds since 1970, as the event says or was meant to say. */
  timestampMs: number;
  kind: 'valid' | 'late' | 'invalid' | 'history';
  withId: boolean;
}

/** Any event of a run, by its index: the same bytes for the same parameters, start and index. */
export type EventSource = (index: number, pausedMs: number) => GeneratedEvent;

/** The day of the example question; a run's history is a few purchases on it. */
export const historyDayMs = Date.UTC(2024, 0, 1);
const dayMs = 86_400_000;

/** Seconds between a visitor's events, where there are enough of them. */
const secondsBetweenEvents = 15;

export function createEventSource({
  runId,
  parameters,
  startMs,
  history,
  categories,
}: {
  runId: string;
  parameters: RunParameters;
  startMs: number;
  /** Events before the run proper, on the history day. */
  history: number;
  categories: Categories;
}): EventSource {
  const { seed, users, rate, span_seconds, invalid_share, late_share, no_id_share } = parameters;
  const count = eventCount(parameters);
  const mark = createRunMark(runId, seed);
  const personOf = createPeople(seed);
  const perSecond = rate ?? count / span_seconds;
  const sessionOf = createSessions({
    seed,
    tag: mark.tag,
    users,
    slots: Math.min(20_000, Math.max(8, Math.round(perSecond * secondsBetweenEvents))),
    personOf,
  });
  const timeOf =
    rate === undefined
      ? timesOverSpan({ count, endMs: startMs, spanMs: span_seconds * 1000 })
      : timesAtRate({ ratePerSecond: rate, startMs });
  const typeOf = typePicker(categories.types);
  const purchase = historyType(categories.types);
  const kinds = Object.values(invalidKinds);
  const random = createRandom();

  function historyEvent(index: number): GeneratedEvent {
    random.reset(seed, index, 0x4157);
    const timestampMs = historyDayMs + Math.floor((index / history) * dayMs) + random.below(1000);
    const userId = index === 0 ? exampleUserId : userIdOf(1 + random.below(users));
    const session = { id: `s-${mark.tag}-h${index}`, userId, person: personOf(userId) };
    const pieces = piecesOf({ type: purchase, timestampMs, session, random, index });
    return {
      key: String(userId),
      value: assemble({ ...pieces }),
      timestampMs,
      kind: 'history',
      withId: true,
    };
  }

  function piecesOf({
    type,
    timestampMs,
    session,
    random,
    index,
  }: {
    type: WritableType;
    timestampMs: number;
    session: { id: string; userId: number; person: Person };
    random: Random;
    index: number;
  }): Pieces {
    const { country, ip, userAgent } = session.person;
    return {
      event_id: `"${mark.eventId(index, timestampMs)}"`,
      event_type: `"${type.name}"`,
      // Both forms that the schema takes.
      timestamp: random.below(8) === 0 ? String(timestampMs) : `"${new Date(timestampMs).toISOString()}"`,
      user_id: String(session.userId),
      session_id: `"${session.id}"`,
      country: `"${country}"`,
      ip: `"${ip}"`,
      user_agent: `"${userAgent}"`,
      properties: type.write(random),
    };
  }

  return (index, pausedMs) => {
    if (index < history) return historyEvent(index);
    const position = index - history;
    random.reset(seed, position);
    const fate = random.unit();
    const late = fate >= invalid_share && fate < invalid_share + late_share;
    const dueMs = timeOf(position) + pausedMs;
    const timestampMs = late ? dueMs - lateness(random.unit()) : dueMs;
    const session = sessionOf(position);
    const pieces = piecesOf({ type: typeOf(random.unit()), timestampMs, session, random, index });
    const withId = random.unit() >= no_id_share;
    if (!withId) pieces.event_id = '';
    const key = String(session.userId);
    if (fate < invalid_share) {
      const spoil = kinds[random.below(kinds.length)] as (typeof kinds)[number];
      return { key, value: spoil(pieces), timestampMs, kind: 'invalid', withId };
    }
    return { key, value: assemble({ ...pieces }), timestampMs, kind: late ? 'late' : 'valid', withId };
  };
}

/** Events of a run without its history; infinite for a rate without an end. */
export function eventCount({ count, rate, duration_seconds }: RunParameters): number {
  if (count !== undefined) return count;
  return rate !== undefined && duration_seconds !== undefined
    ? Math.round(rate * duration_seconds)
    : Number.POSITIVE_INFINITY;
}

/** A minute to three hours, shorter ones more often. */
function lateness(unit: number): number {
  return Math.floor(60_000 * 180 ** unit);
}

type WritableType = { name: string; write: PropertiesWriter };

function typePicker(types: readonly EventType[]): (unit: number) => WritableType {
  const writable = types.filter(({ weight }) => weight > 0);
  const total = writable.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  const entries = writable.map((type) => {
    sum += type.weight / total;
    return { upTo: sum, name: type.name, write: propertiesWriter(type) };
  });
  return (unit) => entries.find(({ upTo }) => unit < upTo) ?? (entries[entries.length - 1] as WritableType);
}

function historyType(types: readonly EventType[]): WritableType {
  const type = types.find(({ name }) => name === 'purchase');
  return {
    name: 'purchase',
    write: type === undefined ? () => '{"amount":19.9,"currency":"EUR"}' : propertiesWriter(type),
  };
}
