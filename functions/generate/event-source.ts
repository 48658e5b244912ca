import type { Categories, EventType } from '../../shared/events/categories.ts';
import { writeIsoTime } from '../../shared/events/time.ts';
import { createRunMark } from './event-ids.ts';
import { invalidKinds } from './invalid.ts';
import { makeRoom, newOutput, putAscii, putBytes, written } from './output.ts';
import { createPeople, exampleUserId, userIdOf } from './people.ts';
import { type PropertiesWriter, propertiesWriter } from './properties.ts';
import { createRandom } from './random.ts';
import type { RunParameters } from './request.ts';
import { createSession, createSessions, type Session } from './sessions.ts';
import { timesAtRate, timesOverSpan } from './times.ts';

export interface GeneratedEvent {
  /** User id as decimal text, of the intended user also where the event is invalid. */
  key: Buffer;
  value: Buffer;
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
  const output = newOutput();

  function historyEvent(index: number): GeneratedEvent {
    random.reset(seed, index, 0x4157);
    const timestampMs = historyDayMs + Math.floor((index / history) * dayMs) + random.below(1000);
    const userId = index === 0 ? exampleUserId : userIdOf(1 + random.below(users));
    const session = createSession(`s-${mark.tag}-h${index}`, userId, personOf(userId));
    const value = write({ type: purchase, timestampMs, session, index, withId: true });
    return { key: session.key, value, timestampMs, kind: 'history', withId: true };
  }

  /** The event as one line of JSON. */
  function write({
    type,
    timestampMs,
    session,
    index,
    withId,
  }: {
    type: WritableType;
    timestampMs: number;
    session: Session;
    index: number;
    withId: boolean;
  }): Buffer {
    makeRoom(output);
    const start = output.at;
    putBytes(output, text.start);
    if (withId) {
      putBytes(output, text.eventId);
      mark.putEventId(output, index, timestampMs);
      putBytes(output, text.next);
    }
    putBytes(output, type.field);
    // Both forms that the schema takes.
    if (random.below(8) === 0) {
      putBytes(output, text.timestamp);
      putAscii(output, String(timestampMs));
      putBytes(output, text.afterNumber);
    } else {
      putBytes(output, text.isoTimestamp);
      output.at = writeIsoTime(output.bytes, output.at, timestampMs);
      putBytes(output, text.next);
    }
    putBytes(output, session.fields);
    putBytes(output, text.properties);
    type.write(random, output);
    putBytes(output, text.end);
    return written(output, start);
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
    const { key } = session;
    const type = typeOf(random.unit());
    const withId = random.unit() >= no_id_share;
    const value = write({ type, timestampMs, session, index, withId });
    if (fate < invalid_share) {
      const spoil = kinds[random.below(kinds.length)] as (typeof kinds)[number];
      const spoilt = Buffer.from(spoil(JSON.parse(value.toString())));
      return { key, value: spoilt, timestampMs, kind: 'invalid', withId };
    }
    return { key, value, timestampMs, kind: late ? 'late' : 'valid', withId };
  };
}

/** What stands between the parts of an event. */
const text = {
  start: Buffer.from('{'),
  eventId: Buffer.from('"event_id":"'),
  timestamp: Buffer.from(',"timestamp":'),
  isoTimestamp: Buffer.from(',"timestamp":"'),
  next: Buffer.from('",'),
  afterNumber: Buffer.from(','),
  properties: Buffer.from(',"properties":'),
  end: Buffer.from('}'),
};

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

/** `field`: its name as JSON, `"event_type":"…"`. */
type WritableType = { field: Buffer; write: PropertiesWriter };

const writableType = (name: string, write: PropertiesWriter): WritableType => ({
  field: Buffer.from(`"event_type":${JSON.stringify(name)}`),
  write,
});

function typePicker(types: readonly EventType[]): (unit: number) => WritableType {
  const writable = types.filter(({ weight }) => weight > 0);
  const total = writable.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  const entries = writable.map((type) => {
    sum += type.weight / total;
    return { upTo: sum, type: writableType(type.name, propertiesWriter(type)) };
  });
  return (unit) =>
    (entries.find(({ upTo }) => unit < upTo) ?? (entries[entries.length - 1] as (typeof entries)[number]))
      .type;
}

function historyType(types: readonly EventType[]): WritableType {
  const type = types.find(({ name }) => name === 'purchase');
  const plain = Buffer.from('{"amount":19.9,"currency":"EUR"}');
  return writableType(
    'purchase',
    type === undefined ? (_, output) => putBytes(output, plain) : propertiesWriter(type),
  );
}
