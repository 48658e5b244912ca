import { isUtf8 } from 'node:buffer';
import { originalPosition } from '../../shared/batch/original-position.ts';
import { type Base64OrBytes, type BatchInfo, type BatchRecord, bytesOf } from '../../shared/batch/types.ts';
import type { Claim } from '../../shared/clients/claims/index.ts';
import { messageOf } from '../../shared/errors/index.ts';
import { amountText, currencyText } from '../../shared/events/amount.ts';
import { derivedEventId, type EventCheck, encodeClean, eventKey, limits } from '../../shared/events/index.ts';
import { cutAddress } from '../../shared/events/ip.ts';
import type { Client } from '../../shared/events/user-agent.ts';

/** A record of `events_clean`; its headers are those that go on with the event. */
export interface Output {
  key: string;
  value: string;
  headers?: BatchRecord['headers'];
}

export type Transformed = { ok: true; output: Output; claim: Claim } | { ok: false; reason: string };

/** Record times outside of these are a producer's mistake, and no store could hold what follows from them. */
export const earliestRecordMs = Date.UTC(2000, 0, 1);
export const latestRecordMs = Date.UTC(2100, 0, 1);

/** W3C trace context goes with the event to both sinks. */
const passedHeaders = ['traceparent', 'tracestate'];

/**
 * One record of `events_raw` into one of `events_clean`, or the reason why not, which begins with the field.
 * Nothing but the record and its position decides, so every attempt comes to the same bytes.
 */
export function createRecordTransform({
  check,
  readClient,
}: {
  check: EventCheck;
  readClient: (userAgent: string) => Client;
}): (record: BatchRecord<Base64OrBytes>, batch: BatchInfo | undefined) => Transformed {
  return (record, batch) => {
    const { value: sent } = record;
    if (sent === undefined || sent === null) return reject('event: the record has no value');
    const bytes = bytesOf(sent);
    if (bytes.length > limits.eventBytes) {
      return reject(`event: is ${bytes.length} bytes, at most ${limits.eventBytes} are allowed`);
    }
    if (!isUtf8(bytes)) return reject('event: is not UTF-8');
    let input: unknown;
    try {
      input = JSON.parse(bytes.toString('utf8'));
    } catch {
      // The engine's own message quotes the text and changes between releases.
      return reject('event: is not JSON');
    }
    let position: ReturnType<typeof originalPosition>;
    try {
      position = originalPosition(record, batch);
    } catch (error) {
      return reject(`event: ${messageOf(error)}`);
    }
    const receivedAtMs = position.timestampMs;
    if (!(receivedAtMs >= earliestRecordMs && receivedAtMs < latestRecordMs)) {
      return reject('timestamp: the Kafka time of the record is not between the years 2000 and 2100');
    }
    const result = check(input, receivedAtMs);
    if (!result.ok) return reject(`${result.fault.field}: ${result.fault.reason}`);
    const event = result.event;
    const client = readClient(event.user_agent);
    const { topicId, partition, offset } = position;
    const eventId = event.event_id ?? derivedEventId(topicId, partition, offset);
    const value = encodeClean({
      event_id: eventId,
      event_type: event.event_type,
      category: event.category,
      timestamp: event.timestamp,
      user_id: event.user_id,
      session_id: event.session_id,
      country: event.country,
      device: client.device,
      browser: client.browser,
      amount: amountText(event.properties.amount),
      currency: currencyText(event.properties.currency),
      received_at: receivedAtMs,
      user_agent: event.user_agent,
      ip: cutAddress(event.ip),
      raw_partition: partition,
      raw_offset: offset,
      properties: event.properties,
    });
    const output: Output = { key: eventKey(event.user_id), value };
    // Hardly any record has headers.
    if (record.headers !== undefined && record.headers.length > 0) {
      output.headers = record.headers.filter((header) =>
        passedHeaders.some((name) => Object.hasOwn(header, name)),
      );
    }
    return { ok: true, output, claim: { eventId, topicId, partition, offset, recordMs: receivedAtMs } };
  };
}

function reject(reason: string): Transformed {
  return { ok: false, reason };
}
