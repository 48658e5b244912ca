import type { Document } from 'mongodb';
import type { SinkRecord } from './read-range.ts';

/** One event as MongoDB keeps it: as it was sent, with times as dates and where it came from. */
export interface EventDocument extends Document {
  _id: string;
  event_type: string;
  timestamp: Date;
  user_id: number;
  session_id: string;
  country: string;
  category: string;
  properties: Record<string, unknown>;
  user_agent: string;
  ip: string;
  received_at: Date;
  source: {
    raw: { partition: number; offset: number };
    clean: { partition: number; offset: number };
  };
}

/** Numbers stay numbers: MongoDB compares whole and floating ones by value, and all are exact up to 2^53. */
export function documentOf({ event, source }: SinkRecord): EventDocument {
  return {
    _id: event.event_id,
    event_type: event.event_type,
    timestamp: new Date(event.timestamp),
    user_id: event.user_id,
    session_id: event.session_id,
    country: event.country,
    category: event.category,
    properties: event.properties,
    user_agent: event.user_agent,
    ip: event.ip,
    received_at: new Date(event.received_at),
    source: {
      raw: { partition: event.raw_partition, offset: event.raw_offset },
      clean: { partition: source.partition, offset: source.offset },
    },
  };
}
