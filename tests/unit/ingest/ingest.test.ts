import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createIngest } from '../../../functions/ingest/ingest.ts';
import { createTransform } from '../../../functions/transform/transform.ts';
import type { OutgoingRecord } from '../../../shared/clients/kafka/index.ts';
import { HttpError, PipelineError } from '../../../shared/errors/index.ts';
import { createClientReader } from '../../../shared/events/user-agent.ts';
import { check, nested, receivedAtMs, rules, sample } from '../events/sample.ts';

type Answer = { status: number; body: Record<string, unknown>; written: OutgoingRecord[] };

async function post(body: unknown, contentType = 'application/json', more = {}): Promise<Answer> {
  const written: OutgoingRecord[] = [];
  const ingest = createIngest({
    check,
    now: () => receivedAtMs,
    send: async (records) => {
      written.push(...records);
    },
  });
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  try {
    const { statusCode, body: answer } = await ingest({ body: bytes, contentType, ...more });
    return { status: statusCode, body: { ...answer }, written };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { status: error.statusCode, body: { ...error.details }, written };
  }
}

const good = { event_type: 'page_view', user_id: 7 };
const bad = { event_type: 'page_view', user_id: -7 };

test('one event: 202, written as it was sent, keyed by user, at the time of receipt', async () => {
  const { status, body, written } = await post(sample);
  expect([status, body]).toEqual([202, { accepted: 1 }]);
  expect(written).toEqual([
    {
      key: Buffer.from('12345'),
      value: Buffer.from(JSON.stringify(sample)),
      timestampMs: receivedAtMs,
      headers: undefined,
    },
  ]);
});

test('an event without id gets one of version 7', async () => {
  const [record] = (await post(good)).written;
  expect(JSON.parse(String(record?.value)).event_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
});

test('trace context becomes a header; a malformed one does not', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect((await post(good, '', { traceparent })).written[0]?.headers).toEqual({ traceparent });
  expect((await post(good, '', { traceparent: 'x' })).written[0]?.headers).toBeUndefined();
});

describe('several events', () => {
  test.each<[string, unknown, string]>([
    ['an array', [good, bad, good], 'application/json'],
    [
      'NDJSON by type',
      `${JSON.stringify(good)}\n${JSON.stringify(bad)}\r\n\n${JSON.stringify(good)}`,
      'application/x-ndjson',
    ],
    ['NDJSON by look', `${JSON.stringify(good)}\n${JSON.stringify(bad)}\n${JSON.stringify(good)}\n`, ''],
  ])('%s: the good ones are kept, the bad one is named', async (_, body, type) => {
    const answer = await post(body, type);
    expect(answer.status).toBe(207);
    expect(answer.body).toEqual({
      accepted: 2,
      rejected: [{ index: 1, field: 'user_id', reason: 'must be a whole number from 0 to 9007199254740991' }],
    });
    expect(answer.written).toHaveLength(2);
  });

  test('10,000 with one bad one: 9,999 are kept', async () => {
    const events = Array.from({ length: 10_000 }, (_, i) => (i === 5000 ? bad : { ...good, user_id: i }));
    const answer = await post(events);
    expect([answer.status, answer.body.accepted, answer.written.length]).toEqual([207, 9999, 9999]);
    expect(answer.body.rejected).toMatchObject([{ index: 5000, field: 'user_id' }]);
  });

  test('a line that is no JSON is one bad event', async () => {
    const answer = await post(`${JSON.stringify(good)}\n{"event_type":\n`, 'application/x-ndjson');
    expect([answer.status, answer.body]).toEqual([
      207,
      { accepted: 1, rejected: [{ index: 1, field: 'event', reason: 'is not JSON' }] },
    ]);
  });

  test('none at all is all of them', async () => {
    expect(await post([])).toMatchObject({ status: 202, body: { accepted: 0 } });
  });
});

describe('nothing accepted', () => {
  test.each<[string, unknown, number, string, string?]>([
    ['no JSON', 'hello', 400, 'body'],
    ['an empty body', '', 400, 'body'],
    ['blanks', ' \n ', 400, 'body'],
    ['not UTF-8', Buffer.from([0xff]), 400, 'body'],
    ['lines of which none is JSON', 'a\nb', 400, 'event', 'application/x-ndjson'],
    ['20 MB', Buffer.alloc(20_000_000, 0x20), 413, 'body'],
    ['10,001 events', Array(10_001).fill(good), 413, 'body'],
    ['10,001 lines', `${JSON.stringify(good)}\n`.repeat(10_001), 413, 'body', 'application/x-ndjson'],
    ['one event of more than 64 KiB', { ...good, properties: { a: 'x'.repeat(66_000) } }, 413, 'event'],
    ['negative user id', bad, 422, 'user_id'],
    ['the year 9999', { ...good, timestamp: '9999-12-31T23:59:59Z' }, 422, 'timestamp'],
    ['1970', { ...good, timestamp: '1970-01-01T00:00:00Z' }, 422, 'timestamp'],
    ['text as amount', { ...sample, properties: { amount: 'abc' } }, 422, 'properties.amount'],
    ['properties 100 deep', { ...good, properties: nested(100) }, 422, 'properties.a.a.a.a.a.a.a.a'],
    [
      'arrays 30,000 deep',
      `{"event_type":"a","user_id":1,"properties":{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`,
      422,
      'properties.a.0.0.0.0.0.0.0',
    ],
    ['a lone surrogate', '{"event_type":"a","user_id":1,"session_id":"\\ud83d"}', 422, 'session_id'],
    ['null', null, 422, 'event'],
    ['text', '"event"', 422, 'event'],
    ['an array of arrays', [[good]], 422, 'event'],
  ])('%s', async (_, body, status, field, type = '') => {
    const answer = await post(body, type);
    expect(answer.status).toBe(status);
    expect(answer.written).toEqual([]);
    expect(answer.body).toEqual({
      accepted: 0,
      rejected: [{ index: 0, field, reason: expect.any(String) }, ...tail(answer)],
    });
  });
  const tail = (answer: Answer) => (answer.body.rejected as unknown[]).slice(1);
});

test('a body with a mark in front is read', async () => {
  expect((await post(`\ufeff${JSON.stringify(good)}`)).status).toBe(202);
});

test('of a repeated key the last counts, and only it is written', async () => {
  const { written } = await post('{"event_type":"a","user_id":1,"user_id":2}');
  expect(String(written[0]?.value)).toMatch(/^\{"event_id":"[^"]+","event_type":"a","user_id":2\}$/);
  expect(String(written[0]?.key)).toBe('2');
});

test('Kafka that does not acknowledge is 503 with Retry-After', async () => {
  const ingest = createIngest({
    check,
    send: async () => {
      throw new PipelineError('KAFKA_UNAVAILABLE', 'Kafka has not acknowledged', { retriable: true });
    },
  });
  await expect(ingest({ body: Buffer.from(JSON.stringify(good)), contentType: '' })).rejects.toMatchObject({
    statusCode: 503,
    retryAfterSeconds: 1,
  });
});

test('whatever is accepted passes transform', async () => {
  const transform = createTransform({ ...rules, readClient: createClientReader() });
  const events = fc.array(
    fc.record(
      {
        event_type: fc.constant('purchase'),
        user_id: fc.maxSafeNat(),
        timestamp: fc.oneof(
          fc
            .date({ min: new Date('2024-01-01'), max: new Date('2026-11-23'), noInvalidDate: true })
            .map((d) => d.toISOString()),
          fc.integer(),
        ),
        session_id: fc.string({ unit: 'binary' }),
        properties: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 7 })),
      },
      { requiredKeys: ['event_type', 'user_id'] },
    ),
  );
  await fc.assert(
    fc.asyncProperty(events, async (all) => {
      const { written } = await post(all);
      const records = written.map(({ value, timestampMs }, offset) => ({
        topic: 'events_raw',
        partition: 0,
        offset,
        timestamp: timestampMs,
        timestampType: 'CREATE_TIME' as const,
        value: value.toString('base64'),
        headers: [],
      }));
      const event = {
        eventSource: 'SelfManagedKafka' as const,
        bootstrapServers: '',
        records: { 'events_raw-0': records },
      };
      expect(transform(event, undefined).result.batchItemFailures).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
