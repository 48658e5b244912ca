import { isUtf8 } from 'node:buffer';
import type { CleanEvent } from './clean-event.ts';
import { limits } from './limits.ts';
import { country, eventType, type Form, isDigit, isHex, uuid, whole } from './plain-forms.ts';
import { plainObjectEnd, plainTextEnd, standsAt } from './plain-json.ts';
import { dateTimeAt } from './time.ts';

/** Fields of a clean record in their order, and where in the marks each one's start stands; its end stands behind it. */
export const mark = {
  eventId: 0,
  eventType: 2,
  category: 4,
  timestamp: 6,
  eventDate: 8,
  userId: 10,
  sessionId: 12,
  country: 14,
  device: 16,
  browser: 18,
  amount: 20,
  currency: 22,
  receivedAt: 24,
  userAgent: 26,
  ip: 28,
  rawPartition: 30,
  rawOffset: 32,
  properties: 34,
  /** Milliseconds since 1970. */
  timestampMs: 36,
  receivedAtMs: 37,
} as const;

/** Of many records, each from a position of its own on that is a multiple of `marksEach`. */
export type Marks = Float64Array;
export const marksEach = 38;
export const newMarks = (records = 1): Marks => new Float64Array(marksEach * records);

const ip: Form = (bytes, at) => {
  let end = at;
  while (isIpByte(bytes[end] as number)) end++;
  return end - at <= 45 ? end : -1;
};
const amount: Form = (bytes, at) => {
  const start = bytes[at] === 0x2d ? at + 1 : at;
  let end = start;
  while (isDigit(bytes[end] as number)) end++;
  const fraction =
    bytes[end] === 0x2e && isDigit(bytes[end + 1] as number) && isDigit(bytes[end + 2] as number);
  return end > start && end - start <= 16 && fraction ? end + 3 : -1;
};
/** Read as a time afterwards. */
const time: Form = (_, at) => at + 23;
/** Compared with the time's afterwards. */
const date: Form = (_, at) => at + 10;

const isIpByte = (byte: number) => isHex(byte) || byte === 0x2e || byte === 0x3a;

const forms: [name: string, form: Form, kind: 'text' | 'number' | 'optional'][] = [
  ['event_id', uuid, 'text'],
  ['event_type', eventType, 'text'],
  ['category', plainTextEnd, 'text'],
  ['timestamp', time, 'text'],
  ['event_date', date, 'text'],
  ['user_id', whole, 'number'],
  ['session_id', plainTextEnd, 'text'],
  ['country', country, 'text'],
  ['device', plainTextEnd, 'text'],
  ['browser', plainTextEnd, 'text'],
  ['amount', amount, 'optional'],
  ['currency', plainTextEnd, 'optional'],
  ['received_at', time, 'text'],
  ['user_agent', plainTextEnd, 'text'],
  ['ip', ip, 'text'],
  ['raw_partition', whole, 'number'],
  ['raw_offset', whole, 'number'],
];
const fields = forms.map(([name, form, kind], i) => {
  const before = i === 0 ? '{' : forms[i - 1]?.[2] === 'number' ? ',' : '",';
  const lead = Buffer.from(`${before}"${name}":${kind === 'number' ? '' : '"'}`);
  return { lead, form, optional: kind === 'optional' };
});
const propertiesLead = Buffer.from(',"properties":');

/**
 * Recognises a clean record that is written in the plainest way, and marks from `first` on where its fields lie; this stands
 * on the path of every event, twice. Its yes is a yes of `decodeClean`, whose no decides; a property test holds that both read
 * the same.
 */
export function scanPlain(bytes: Buffer, marks: Marks, first = 0): boolean {
  if (!isUtf8(bytes)) return false;
  let at = 0;
  for (let i = 0; i < fields.length; i++) {
    const { lead, form, optional } = fields[i] as (typeof fields)[number];
    if (!standsAt(bytes, at, lead)) {
      if (!optional) return false;
      marks[first + 2 * i] = -1;
      continue;
    }
    const start = at + lead.length;
    at = form(bytes, start);
    if (at < 0) return false;
    marks[first + 2 * i] = start;
    marks[first + 2 * i + 1] = at;
  }
  if (!standsAt(bytes, at, propertiesLead)) return false;
  const properties = at + propertiesLead.length;
  const end = plainObjectEnd(bytes, properties);
  if (end !== bytes.length - 1 || bytes[end] !== 0x7d || end - properties > limits.propertyBytes)
    return false;
  marks[first + mark.properties] = properties;
  marks[first + mark.properties + 1] = end;
  const timestamp = marks[first + mark.timestamp] as number;
  const day = marks[first + mark.eventDate] as number;
  for (let i = 0; i < 10; i++) if (bytes[timestamp + i] !== bytes[day + i]) return false;
  marks[first + mark.timestampMs] = dateTimeAt(bytes, timestamp);
  marks[first + mark.receivedAtMs] = dateTimeAt(bytes, marks[first + mark.receivedAt] as number);
  return !Number.isNaN(
    (marks[first + mark.timestampMs] as number) + (marks[first + mark.receivedAtMs] as number),
  );
}

const ownMarks = newMarks();

/** Reads a clean record that is plain, at half the cost of one that is not; undefined says "look closer". */
export function decodePlain(bytes: Buffer): CleanEvent | undefined {
  const marks = ownMarks;
  if (!scanPlain(bytes, marks)) return undefined;
  const textOf = (field: number) =>
    bytes.toString('utf8', marks[field] as number, marks[field + 1] as number);
  const optional = (field: number) => ((marks[field] as number) < 0 ? undefined : textOf(field));
  return {
    event_id: textOf(mark.eventId),
    event_type: textOf(mark.eventType),
    category: textOf(mark.category),
    timestamp: marks[mark.timestampMs] as number,
    user_id: Number(textOf(mark.userId)),
    session_id: textOf(mark.sessionId),
    country: textOf(mark.country),
    device: textOf(mark.device),
    browser: textOf(mark.browser),
    amount: optional(mark.amount),
    currency: optional(mark.currency),
    received_at: marks[mark.receivedAtMs] as number,
    user_agent: textOf(mark.userAgent),
    ip: textOf(mark.ip),
    raw_partition: Number(textOf(mark.rawPartition)),
    raw_offset: Number(textOf(mark.rawOffset)),
    properties: JSON.parse(textOf(mark.properties)),
  };
}
