import type { Collection, Document, Filter } from 'mongodb';
import type { Cursor } from './cursor.ts';
import type { TimeRange } from './range.ts';

/** The events of a user or of a type, as MongoDB keeps them. */
export interface Lookup {
  /** Answered by an index together with the time. */
  match: { user_id: number } | { event_type: string };
  /** Conditions that are read off the documents found. */
  also: Filter<EventDocument>;
  range: Partial<TimeRange>;
  /** Newest first, or oldest first. */
  order: 'newest' | 'oldest';
  limit: number;
  cursor: Cursor | undefined;
  timeoutMs: number;
}

export interface EventDocument extends Document {
  _id: string;
  timestamp: Date;
}

export interface Page {
  events: EventDocument[];
  /** Where the next page begins; undefined behind the last one. */
  next: Cursor | undefined;
}

/**
 * One page, in an order that leaves nothing open (time, then id), though the indexes know only the time: the
 * events of the millisecond at which a page begins or ends are asked for by themselves, ordered by id. So no event
 * is left out or given twice from one page to the next.
 */
export async function lookUp(events: Collection<EventDocument>, lookup: Lookup): Promise<Page> {
  const { cursor, limit } = lookup;
  const page: EventDocument[] = [];
  if (cursor !== undefined) page.push(...(await sameTime(events, lookup, cursor.atMs, limit, cursor.id)));
  const room = limit - page.length;
  if (room > 0) {
    const rest = await inOrder(events, lookup, room);
    const last = rest.at(-1);
    if (last !== undefined && rest.length === room) {
      const whole = rest.filter(({ timestamp }) => timestamp.getTime() !== last.timestamp.getTime());
      page.push(...whole);
      page.push(...(await sameTime(events, lookup, last.timestamp.getTime(), room - whole.length)));
    } else page.push(...byId(rest));
  }
  const last = page.at(-1);
  const next =
    last === undefined || page.length < limit ? undefined : { atMs: last.timestamp.getTime(), id: last._id };
  return { events: page, next };
}

function inOrder(events: Collection<EventDocument>, lookup: Lookup, limit: number): Promise<EventDocument[]> {
  const { match, also, order, timeoutMs } = lookup;
  const timestamp = timesOf(lookup);
  return events
    .find({ ...also, ...match, ...(timestamp === undefined ? {} : { timestamp }) } as Filter<EventDocument>, {
      maxTimeMS: timeoutMs,
    })
    .sort({ timestamp: order === 'newest' ? -1 : 1 })
    .limit(limit)
    .toArray();
}

function sameTime(
  events: Collection<EventDocument>,
  { match, also, timeoutMs }: Lookup,
  atMs: number,
  limit: number,
  afterId?: string,
): Promise<EventDocument[]> {
  const after = afterId === undefined ? {} : { _id: { $gt: afterId } };
  return events
    .find({ ...also, ...match, timestamp: new Date(atMs), ...after } as Filter<EventDocument>, {
      maxTimeMS: timeoutMs,
    })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray();
}

/** The range's times, or what of them lies behind the cursor. */
function timesOf({ range, order, cursor }: Lookup): Record<string, Date> | undefined {
  const times: Record<string, Date> = {};
  if (range.fromMs !== undefined) times.$gte = new Date(range.fromMs);
  if (range.toMs !== undefined) times.$lt = new Date(range.toMs);
  if (cursor !== undefined && order === 'newest') times.$lt = new Date(cursor.atMs);
  if (cursor !== undefined && order === 'oldest') {
    delete times.$gte;
    times.$gt = new Date(cursor.atMs);
  }
  return Object.keys(times).length === 0 ? undefined : times;
}

/** Equal times are neighbours already. */
function byId(events: EventDocument[]): EventDocument[] {
  return events
    .map((event, index) => ({ event, index }))
    .sort((a, b) =>
      a.event.timestamp.getTime() === b.event.timestamp.getTime()
        ? a.event._id < b.event._id
          ? -1
          : 1
        : a.index - b.index,
    )
    .map(({ event }) => event);
}
