import { copyBytes } from '../../shared/bytes/copy-bytes.ts';
import { writeAscii } from '../../shared/bytes/write-ascii.ts';
import type { Claim } from '../../shared/clients/claims/index.ts';
import { cutAddress, ipv4End } from '../../shared/events/ip.ts';
import { type RawMarks, rawMark } from '../../shared/events/plain-raw-event.ts';
import { writeDateTime } from '../../shared/events/time.ts';

/** A plain event of which everything is decided. */
export interface PlainEvent {
  /** As it was sent. */
  bytes: Buffer;
  marks: RawMarks;
  claim: Claim;
  /** `","event_type":"…","category":"…","timestamp":"` */
  typeFields: Buffer;
  /** JSON texts. */
  device: Buffer;
  browser: Buffer;
  /** Where the number begins and ends, how many decimals it has, of two; -1 without one. */
  amount: { start: number; end: number; decimals: number };
  /** Where the text begins and ends; -1 without one. */
  currency: { start: number; end: number };
}

const text = {
  eventId: Buffer.from('{"event_id":"'),
  eventDate: Buffer.from('","event_date":"'),
  userId: Buffer.from('","user_id":'),
  sessionId: Buffer.from(',"session_id":"'),
  country: Buffer.from('","country":"'),
  device: Buffer.from('","device":'),
  browser: Buffer.from(',"browser":'),
  amount: Buffer.from(',"amount":"'),
  currency: Buffer.from(',"currency":"'),
  receivedAt: Buffer.from(',"received_at":"'),
  userAgent: Buffer.from('","user_agent":"'),
  ip: Buffer.from('","ip":"'),
  partition: Buffer.from('","raw_partition":'),
  offset: Buffer.from(',"raw_offset":'),
  properties: Buffer.from(',"properties":'),
  noProperties: Buffer.from('{}'),
};
/** What makes up decimals to two. */
const zeros = ['.00', '0', ''];
/** Of the texts above, id, times, numbers, and what of the properties stands a second time. */
const fixedBytes = 512;

/** The largest size that the clean record has. */
export function cleanRoom({ bytes, typeFields, device, browser }: PlainEvent): number {
  return fixedBytes + bytes.length + typeFields.length + device.length + browser.length;
}

/** Writes what `encodeClean` gives for the event; returns the position after it. */
export function writeClean(to: Buffer, from: number, event: PlainEvent): number {
  const { marks, claim, amount, currency } = event;
  let at = writeAscii(to, put(to, from, text.eventId), claim.eventId);
  const timestamp = put(to, at, event.typeFields);
  at = writeDateTime(to, timestamp, marks.timestampMs ?? claim.recordMs);
  at = copyBytes(to, timestamp, timestamp + 10, to, put(to, at, text.eventDate));
  at = putField(to, at, text.userId, event, rawMark.userId);
  at = putField(to, at, text.sessionId, event, rawMark.sessionId);
  at = putField(to, at, text.country, event, rawMark.country);
  at = put(to, put(to, at, text.device), event.device);
  at = put(to, put(to, at, text.browser), event.browser);
  if (amount.start >= 0) {
    at = copyBytes(event.bytes, amount.start, amount.end, to, put(to, at, text.amount));
    at = writeAscii(to, at, zeros[amount.decimals] as string);
    to[at++] = QUOTE;
  }
  if (currency.start >= 0) {
    at = copyBytes(event.bytes, currency.start, currency.end, to, put(to, at, text.currency));
    to[at++] = QUOTE;
  }
  at = writeDateTime(to, put(to, at, text.receivedAt), claim.recordMs);
  at = putField(to, at, text.userAgent, event, rawMark.userAgent);
  at = writeAddress(to, put(to, at, text.ip), event);
  at = writeAscii(to, put(to, at, text.partition), String(claim.partition));
  at = writeAscii(to, put(to, at, text.offset), String(claim.offset));
  at = putField(to, at, text.properties, event, rawMark.properties);
  if ((marks.fields[rawMark.properties] as number) < 0) at = put(to, at, text.noProperties);
  to[at++] = 0x7d;
  return at;
}

const QUOTE = 0x22;
const POINT = 0x2e;

function put(to: Buffer, at: number, bytes: Buffer): number {
  return copyBytes(bytes, 0, bytes.length, to, at);
}

/** One that was not sent is empty. */
function putField(to: Buffer, at: number, name: Buffer, { bytes, marks }: PlainEvent, field: number): number {
  const start = marks.fields[field] as number;
  return copyBytes(bytes, start, marks.fields[field + 1] as number, to, put(to, at, name));
}

/** Cut as `cutAddress` does. */
function writeAddress(to: Buffer, at: number, { bytes, marks }: PlainEvent): number {
  const start = marks.fields[rawMark.ip] as number;
  let end = marks.fields[rawMark.ip + 1] as number;
  if (end === start) return at;
  if (ipv4End(bytes, start) !== end)
    return writeAscii(to, at, cutAddress(bytes.toString('latin1', start, end)));
  while (bytes[end - 1] !== POINT) end--;
  const last = copyBytes(bytes, start, end, to, at);
  to[last] = 0x30;
  return last + 1;
}
