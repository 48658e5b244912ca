import { isUtf8 } from 'node:buffer';
import type { CleanEvent } from './clean-event.ts';
import { limits } from './limits.ts';
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

/** The position behind a value of a form, or -1 when what begins at `at` is not in it. */
type Form = (bytes: Buffer, at: number) => number;

const text: Form = plainTextEnd;
const uuid: Form = (bytes, at) => {
  for (let i = 0; i < 36; i++) {
    const byte = bytes[at + i] as number;
    if (i === 8 || i === 13 || i === 18 || i === 23 ? byte !== 0x2d : !isHex(byte)) return -1;
  }
  return at + 36;
};
const eventType: Form = (bytes, at) => {
  if (!isLower(bytes[at] as number)) return -1;
  let end = at + 1;
  while (isTypeByte(bytes[end] as number)) end++;
  return end - at <= 64 ? end : -1;
};
const country: Form = (bytes, at) => {
  if (!isUpper(bytes[at] as number)) return at;
  return isUpper(bytes[at + 1] as number) ? at + 2 : -1;
};
const ip: Form = (bytes, at) => {
  let end = at;
  while (isIpByte(bytes[end] as number)) end++;
  return end - at <= 45 ? end : -1;
};
const whole: Form = (bytes, at) => {
  let end = at;
  while (isDigit(bytes[end] as number)) end++;
  // 15 digits are exact in a number.
  return end === at || end - at > 15 || (bytes[at] === 0x30 && end - at > 1) ? -1 : end;
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

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
const isLower = (byte: number) => byte >= 0x61 && byte <= 0x7a;
const isUpper = (byte: number) => byte >= 0x41 && byte <= 0x5a;
const isHex = (byte: number) => isDigit(byte) || (byte >= 0x61 && byte <= 0x66);
const isTypeByte = (byte: number) => isLower(byte) || isDigit(byte) || byte === 0x5f || byte === 0x2e;
const isIpByte = (byte: number) => isHex(byte) || byte === 0x2e || byte === 0x3a;

const forms: [name: string, form: Form, kind: 'text' | 'number' | 'optional'][] = [
  ['event_id', uuid, 'text'],
  ['event_type', eventType, 'text'],
  ['category', text, 'text'],
  ['timestamp', time, 'text'],
  ['event_date', date, 'text'],
  ['user_id', whole, 'number'],
  ['session_id', text, 'text'],
  ['country', country, 'text'],
  ['device', text, 'text'],
  ['browser', text, 'text'],
  ['amount', amount, 'optional'],
  ['currency', text, 'optional'],
  ['received_at', time, 'text'],
  ['user_agent', text, 'text'],
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
