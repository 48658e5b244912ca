import { isUtf8 } from 'node:buffer';
import { PipelineError } from '../errors/index.ts';
import type { CleanEvent } from './clean-event.ts';
import { decodePlain } from './plain-clean-record.ts';
import { dateTimeText, parseDateTimeText } from './time.ts';

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
  const plain = decodePlain(value);
  if (plain !== undefined) return plain;
  if (!isUtf8(value)) throw invalid('the value is not UTF-8');
  const text = value.toString('utf8');
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
