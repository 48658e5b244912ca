import { isUtf8 } from 'node:buffer';
import { ipv4End, isAddress } from './ip.ts';
import { limits } from './limits.ts';
import { country, eventType, type Form, uuid, whole, wholeAt } from './plain-forms.ts';
import {
  markProperties,
  newPropertyMarks,
  type PropertyMarks,
  plainObjectEnd,
  plainTextEnd,
  standsAt,
} from './plain-json.ts';
import { isoTimeAt } from './time.ts';

/** Fields of a sent event, and where in the marks each one's start stands, -1 when it was not sent; its end stands behind it. */
export const rawMark = {
  eventId: 0,
  eventType: 2,
  timestamp: 4,
  userId: 6,
  sessionId: 8,
  country: 10,
  ip: 12,
  userAgent: 14,
  properties: 16,
} as const;

/** Where the fields of one event lie. */
export interface RawMarks {
  fields: Int32Array;
  /** Milliseconds since 1970; undefined when none was sent. */
  timestampMs: number | undefined;
  properties: PropertyMarks;
  propertyCount: number;
}
export const newRawMarks = (): RawMarks => ({
  fields: new Int32Array(18),
  timestampMs: undefined,
  properties: newPropertyMarks(),
  propertyCount: 0,
});

const QUOTE = 0x22;

/** No more characters than bytes. */
const bounded = (most: number): Form => {
  return (bytes, at) => {
    const end = plainTextEnd(bytes, at);
    return end - at <= most ? end : -1;
  };
};
/** Neither the nil nor the max UUID, nor what only begins like them. */
const eventId: Form = (bytes, at) => {
  const first = bytes[at] as number;
  const suspicious = first === 0x30 || first === 0x66;
  return suspicious && bytes[at + 1] === first && bytes[at + 2] === first ? -1 : uuid(bytes, at);
};
const ip: Form = (bytes, at) => {
  const end = ipv4End(bytes, at);
  if (end >= 0 || bytes[at] === QUOTE) return end < 0 ? at : end;
  const textEnd = plainTextEnd(bytes, at);
  return textEnd >= 0 && textEnd - at <= 45 && isAddress(bytes.toString('latin1', at, textEnd))
    ? textEnd
    : -1;
};
/** Read as a time afterwards. */
const isoTime: Form = (_, at) => at + 24;

/** In the order in which they mostly come; what a value begins with tells one form of a field from the other. */
const fields = (
  [
    ['event_id', eventId, 'text', rawMark.eventId],
    ['event_type', eventType, 'text', rawMark.eventType],
    ['timestamp', isoTime, 'text', rawMark.timestamp],
    ['timestamp', whole, 'bare', rawMark.timestamp],
    ['user_id', whole, 'bare', rawMark.userId],
    ['session_id', bounded(limits.sessionIdChars), 'text', rawMark.sessionId],
    ['country', country, 'text', rawMark.country],
    ['ip', ip, 'text', rawMark.ip],
    ['user_agent', bounded(limits.userAgentChars), 'text', rawMark.userAgent],
    ['properties', plainObjectEnd, 'bare', rawMark.properties],
  ] satisfies [string, Form, 'text' | 'bare', number][]
).map(([name, form, kind, mark]) => ({
  lead: Buffer.from(kind === 'text' ? `"${name}":"` : `"${name}":`),
  form,
  isText: kind === 'text',
  mark,
}));

/** The field that stands at `at`, sought from the one on that is expected; -1 for none. */
function fieldAt(bytes: Buffer, at: number, expected: number): number {
  for (let i = expected; i < expected + fields.length; i++) {
    const index = i % fields.length;
    if (standsAt(bytes, at, (fields[index] as (typeof fields)[number]).lead)) return index;
  }
  return -1;
}

/**
 * Recognises an event that is sent in the plainest way, its fields in any order, and marks where they lie; this stands on the
 * path of every event. Its yes is a yes of the schema, which decides where it says no; a property test holds that both
 * come to the same clean record. Ages and what depends on the event's type are not looked at.
 */
export function scanRaw(bytes: Buffer, marks: RawMarks): boolean {
  if (bytes.length > limits.eventBytes || bytes[0] !== 0x7b || !isUtf8(bytes)) return false;
  const found = marks.fields.fill(-1);
  marks.propertyCount = 0;
  let at = 0;
  let expected = 0;
  do {
    const index = fieldAt(bytes, at + 1, expected);
    if (index < 0) return false;
    const { lead, form, isText, mark } = fields[index] as (typeof fields)[number];
    const start = at + 1 + lead.length;
    const end = form(bytes, start);
    if (end < 0 || found[mark] !== -1 || (isText && bytes[end] !== QUOTE)) return false;
    found[mark] = start;
    found[mark + 1] = end;
    if (mark === rawMark.properties) {
      if (end - start > limits.propertyBytes) return false;
      marks.propertyCount = markProperties(end, marks.properties);
    }
    at = isText ? end + 1 : end;
    expected = index + 1;
  } while (bytes[at] === 0x2c);
  if (bytes[at] !== 0x7d || at !== bytes.length - 1) return false;
  marks.timestampMs = timestampOf(bytes, found);
  return (
    !Number.isNaN(marks.timestampMs) &&
    (found[rawMark.eventType] as number) >= 0 &&
    (found[rawMark.userId] as number) >= 0
  );
}

function timestampOf(bytes: Buffer, found: Int32Array): number | undefined {
  const start = found[rawMark.timestamp] as number;
  if (start < 0) return undefined;
  return bytes[start - 1] === QUOTE
    ? isoTimeAt(bytes, start)
    : wholeAt(bytes, start, found[rawMark.timestamp + 1] as number);
}
