import type { OutgoingRecord } from '../../shared/clients/kafka/flight.ts';
import { HttpError, messageOf, PipelineError } from '../../shared/errors/index.ts';
import {
  type CheckedEvent,
  type EventCheck,
  eventKey,
  type Fault,
  limits,
  newEventId,
} from '../../shared/events/index.ts';
import { type ReadEvent, readEvents } from './read-events.ts';

export interface IngestRequest {
  body: Buffer;
  contentType: string;
  /** W3C trace context, passed on as Kafka headers. */
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}

export interface IngestAnswer {
  statusCode: 202 | 207;
  body: { accepted: number; rejected?: Rejected[] };
}

export type Rejected = { index: number } & Fault;

/**
 * Checks the events of a request and writes the good ones to Kafka; answers once all in-sync brokers have them.
 *
 * @param send resolves when they have; rejects with a retriable PipelineError when they have not.
 * @throws HttpError 400, 413, 422 when no event is accepted, 503 when Kafka cannot acknowledge now.
 */
export function createIngest({
  check,
  send,
  now = Date.now,
}: {
  check: EventCheck;
  send(records: readonly OutgoingRecord[]): Promise<void>;
  now?: () => number;
}): (request: IngestRequest) => Promise<IngestAnswer> {
  return async (request) => {
    const receivedAtMs = now();
    const headers = traceHeaders(request);
    const records: OutgoingRecord[] = [];
    const rejected: Rejected[] = [];
    for (const [index, read] of readEvents(request.body, request.contentType).entries()) {
      const result = checkRead(read, { check, receivedAtMs });
      if ('fault' in result) rejected.push({ index, ...result.fault });
      else {
        records.push({
          key: Buffer.from(eventKey(result.event.user_id)),
          value: result.value,
          // The same clock for the check here and the one behind Kafka: what passes now passes then.
          timestampMs: receivedAtMs,
          headers,
        });
      }
    }
    if (records.length === 0 && rejected.length > 0) throw noneAccepted(rejected);
    await send(records).catch((error) => {
      throw unavailable(error);
    });
    return rejected.length === 0
      ? { statusCode: 202, body: { accepted: records.length } }
      : { statusCode: 207, body: { accepted: records.length, rejected } };
  };
}

function checkRead(
  read: ReadEvent,
  { check, receivedAtMs }: { check: EventCheck; receivedAtMs: number },
): { fault: Fault } | { event: CheckedEvent; value: Buffer } {
  if ('fault' in read) return { fault: read.fault };
  const result = check(read.value, receivedAtMs);
  if (!result.ok) return { fault: result.fault };
  const value = Buffer.from(sentText(result.event, read.value as Record<string, unknown>));
  if (value.length > limits.eventBytes) {
    return {
      fault: { field: 'event', reason: `is ${value.length} bytes, at most ${limits.eventBytes} are allowed` },
    };
  }
  return { event: result.event, value };
}

/** The event as it was sent, with an id where it had none. Each repeated key is gone, as JSON.parse left it. */
function sentText(event: CheckedEvent, sent: Record<string, unknown>): string {
  if (event.event_id !== undefined) return JSON.stringify(sent);
  return JSON.stringify({ event_id: newEventId(), ...sent });
}

const traceparentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

function traceHeaders({ traceparent, tracestate }: IngestRequest): OutgoingRecord['headers'] {
  if (traceparent === undefined || !traceparentForm.test(traceparent)) return undefined;
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

function noneAccepted(rejected: Rejected[]): HttpError {
  const [first] = rejected as [Rejected];
  // No event at all was there to be wrong: that is the caller's syntax, not the events' content.
  const noJson = rejected.every(({ field, reason }) => field === 'event' && reason === 'is not JSON');
  const message = `no event was accepted; the first: ${first.field} ${first.reason}`;
  return new HttpError(noJson ? 400 : 422, message, { details: { accepted: 0, rejected } });
}

function unavailable(error: unknown): unknown {
  if (!(error instanceof PipelineError && error.retriable)) return error;
  return new HttpError(503, `${messageOf(error)}; send the same events again, with the same event_id each`, {
    cause: error,
    retryAfterSeconds: 1,
    details: { accepted: 0 },
  });
}
