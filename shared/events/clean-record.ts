import { isUtf8 } from 'node:buffer';
import { PipelineError } from '../errors/index.ts';
import { decodePlain } from './plain-clean-record.ts';
import { dateTimeText, parseDateTimeText } from './time.ts';

/**
 * The value of a record in `events_clean`: one line of JSON whose keys are the columns of ClickHouse's
 * `events_local`, each in the form that a JSONEachRow insert takes exactly, followed by what only MongoDB keeps:
 *
 *     {"event_id":"0192f0c1-7c2e-7d4a-9c57-1f1f0a9b3c55","event_type":"purchase","category":"commerce",
 *      "timestamp":"2026-11-22 10:15:30.123","event_date":"2026-11-22","user_id":12345,"session_id":"s-91",
 *      "country":"DE","device":"desktop","browser":"Chrome","amount":"19.90","currency":"EUR",
 *      "received_at":"2026-11-22 10:15:30.456","user_agent":"Mozilla/5.0 …","ip":"203.0.113.0",
 *      "raw_partition":3,"raw_offset":42,"properties":{"amount":19.9,"currency":"EUR","sku":"A-1"}}
 *
 * - Always one object, in this order, without blanks: `source_partition` and `source_offset`, which only the
 *   reader of `events_clean` knows, go in right behind the opening brace (`withSource`).
 * - `amount` (text with two decimals) and `currency` are left out when the event has none.
 * - `properties` keep their JSON types for MongoDB; ClickHouse reads numbers, booleans and nested values
 *   into its Map(String, String) as JSON text, and null as ''.
 * - Fields that a later release adds stand before `properties`; a reader passes over those it does not know.
 */
export interface CleanEvent {
  /** Lower-case UUID. */
  event_id: string;
  event_type: string;
  category: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  user_id: number;
  session_id: string;
  country: string;
  device: string;
  browser: string;
  /** Decimal text with two digits after the point. */
  amount?: string | undefined;
  currency?: string | undefined;
  /** Milliseconds since 1970: the Kafka time of the record in `events_raw`. */
  received_at: number;
  user_agent: string;
  /** Cut to /24 or /48. */
  ip: string;
  /** Where the event stands in `events_raw`. */
  raw_partition: number;
  raw_offset: number;
  properties: Record<string, unknown>;
}

/** The record's value as text; the bytes are its UTF-8. The caller has validated every field. */
export function encodeClean(event: CleanEvent): string {
  const time = dateTimeText(event.timestamp);
  // Plain concatenation where the field's rule leaves nothing to escape: a third of JSON.stringify's time.
  return `{"event_id":"${event.event_id}","event_type":"${event.event_type}","category":${JSON.stringify(event.category)},"timestamp":"${time}","event_date":"${time.slice(0, 10)}","user_id":${event.user_id},"session_id":${JSON.stringify(event.session_id)},"country":"${event.country}","device":${JSON.stringify(event.device)},"browser":${JSON.stringify(event.browser)}${event.amount === undefined ? '' : `,"amount":"${event.amount}"`}${event.currency === undefined ? '' : `,"currency":${JSON.stringify(event.currency)}`},"received_at":"${dateTimeText(event.received_at)}","user_agent":${JSON.stringify(event.user_agent)},"ip":"${event.ip}","raw_partition":${event.raw_partition},"raw_offset":${event.raw_offset},"properties":${JSON.stringify(event.properties)}}`;
}

/** The key of a record in `events_raw` and `events_clean`: the user id as decimal text. */
export function eventKey(userId: number): string {
  return String(userId);
}

/**
 * The value with the position it was read from: a whole row for ClickHouse, without parsing.
 * `partition` and `offset` are the original ones for a redriven record.
 */
export function withSource(value: Buffer, source: { partition: number; offset: number }): Buffer {
  const head = Buffer.from(
    `{"source_partition":${source.partition},"source_offset":${source.offset},`,
    'latin1',
  );
  return Buffer.concat([head, value.subarray(1)]);
}

/**
 * Reads and checks a record's value. What passes here can be inserted into both stores as it is: a repeated or
 * misplaced key, which ClickHouse would refuse with the whole batch, does not pass either.
 *
 * @throws PipelineError `CLEAN_RECORD` with the field and what is wrong with it.
 */
export function decodeClean(value: Buffer): CleanEvent {
  if (!isUtf8(value)) throw invalid('the value is not UTF-8');
  const text = value.toString('utf8');
  const plain = decodePlain(text);
  if (plain !== undefined) return plain;
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(text);
  } catch {
    throw invalid('the value is not JSON');
  }
  if (!isObject(row)) throw invalid('the value is not a JSON object');
  const event: CleanEvent = {
    event_id: matching(row, 'event_id', uuid),
    event_type: matching(row, 'event_type', eventType),
    category: string(row, 'category'),
    timestamp: time(row, 'timestamp'),
    user_id: whole(row, 'user_id'),
    session_id: string(row, 'session_id'),
    country: matching(row, 'country', country),
    device: string(row, 'device'),
    browser: string(row, 'browser'),
    amount: row.amount === undefined ? undefined : matching(row, 'amount', amount),
    currency: row.currency === undefined ? undefined : string(row, 'currency'),
    received_at: time(row, 'received_at'),
    user_agent: string(row, 'user_agent'),
    ip: matching(row, 'ip', ip),
    raw_partition: whole(row, 'raw_partition'),
    raw_offset: whole(row, 'raw_offset'),
    properties: isObject(row.properties) ? row.properties : fail('properties', 'is not an object'),
  };
  if (row.event_date !== (row.timestamp as string).slice(0, 10))
    fail('event_date', 'is not the day of timestamp');
  checkForm(text, row, event);
  return event;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const eventType = /^[a-z][a-z0-9_.]{0,63}$/;
const country = /^(?:[A-Z]{2})?$/;
const amount = /^-?\d{1,16}\.\d\d$/;
const ip = /^[0-9a-f.:]{0,45}$/;

/** The keys of a value without amount and currency, `event_date` included. */
const keyCount = 16;

function checkForm(text: string, row: Record<string, unknown>, event: CleanEvent): void {
  const known = keyCount + Number(event.amount !== undefined) + Number(event.currency !== undefined);
  const added = Object.keys(row).length - known;
  if (added === 0) {
    if (encodeClean(event) !== text) throw invalid('the value is not in the form of this topic');
    return;
  }
  // A later release wrote it. Its added fields are its own affair, as long as they leave room for ours.
  if (!text.startsWith('{"event_id":"') || 'source_partition' in row || 'source_offset' in row) {
    throw invalid('the value is not in the form of this topic');
  }
}

function string(row: Record<string, unknown>, field: string): string {
  const value = row[field];
  return typeof value === 'string' ? value : fail(field, 'is not text');
}

function matching(row: Record<string, unknown>, field: string, pattern: RegExp): string {
  const value = row[field];
  return typeof value === 'string' && pattern.test(value) ? value : fail(field, 'is not in its form');
}

function whole(row: Record<string, unknown>, field: string): number {
  const value = row[field];
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : fail(field, 'is not a whole number');
}

function time(row: Record<string, unknown>, field: string): number {
  return parseDateTimeText(string(row, field)) ?? fail(field, 'is not a time YYYY-MM-DD hh:mm:ss.mmm');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(field: string, reason: string): never {
  throw invalid(`${field} ${reason}`);
}

function invalid(reason: string): PipelineError {
  return new PipelineError('CLEAN_RECORD', reason);
}
