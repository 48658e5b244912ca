import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leaveOutDuplicates } from '../../../functions/transform/leave-out.ts';
import { createTransform, type TransformedBatch } from '../../../functions/transform/transform.ts';
import { originalPositionHeaders } from '../../../shared/batch/original-position.ts';
import type { BatchEvent, BatchInfo, BatchRecord } from '../../../shared/batch/types.ts';
import { createClaimsClient } from '../../../shared/clients/claims/index.ts';
import { decodeClean, derivedEventId } from '../../../shared/events/index.ts';
import { createClientReader } from '../../../shared/events/user-agent.ts';
import { freePort } from '../../support/ports.ts';
import { receivedAtMs, rules, sample } from '../events/sample.ts';

const transform = createTransform({ ...rules, readClient: createClientReader() });
const batch = { topicId: 'topic-id', partition: 3 } as BatchInfo;

const base64 = (text: string | Buffer) => Buffer.from(text as string).toString('base64');

function record(value: unknown, more: Partial<BatchRecord> = {}): BatchRecord {
  const text = Buffer.isBuffer(value) || typeof value === 'string' ? value : JSON.stringify(value);
  return {
    topic: 'events_raw',
    partition: 3,
    offset: 42,
    timestamp: receivedAtMs,
    timestampType: 'CREATE_TIME',
    key: base64('12345'),
    value: base64(text),
    headers: [],
    ...more,
  };
}

function eventOf(records: BatchRecord[]): BatchEvent {
  return { eventSource: 'SelfManagedKafka', bootstrapServers: '', records: { 'events_raw-3': records } };
}

const run = (...records: BatchRecord[]) => resultOf(transform(eventOf(records), batch));
const resultOf = ({ result: { records, ...rest } }: TransformedBatch) => ({
  records: records.records(),
  ...rest,
});

function clean(given: BatchRecord) {
  const { records, batchItemFailures } = run(given);
  expect(batchItemFailures).toEqual([]);
  return decodeClean(records[0]?.value ?? Buffer.alloc(0));
}

test('an event comes out clean and enriched, keyed by its user', () => {
  expect(clean(record(sample))).toEqual({
    event_id: sample.event_id,
    event_type: 'purchase',
    category: 'commerce',
    timestamp: Date.parse(sample.timestamp),
    user_id: 12345,
    session_id: 's-91',
    country: 'DE',
    device: 'desktop',
    browser: 'Chrome',
    amount: '19.90',
    currency: 'EUR',
    received_at: receivedAtMs,
    user_agent: sample.user_agent,
    ip: '203.0.113.0',
    raw_partition: 3,
    raw_offset: 42,
    properties: sample.properties,
  });
  const [output] = run(record(sample)).records;
  expect(output?.key?.toString()).toBe('12345');
  expect(output?.sourceOffset).toBe(42);
  expect(output?.headers).toBeUndefined();
});

test('without id and time it gets those of its record', () => {
  const event = clean(record({ event_type: 'a', user_id: 1 }));
  expect(event).toMatchObject({
    event_id: derivedEventId('topic-id', 3, 42),
    timestamp: receivedAtMs,
    received_at: receivedAtMs,
    amount: undefined,
  });
});

test('properties keep their types', () => {
  const properties = JSON.parse(
    '{"i":1,"f":1.5,"b":false,"n":null,"s":"1","o":{"l":[1,{"x":[]}]},"__proto__":{"p":1},"":0}',
  );
  expect(clean(record({ event_type: 'a', user_id: 1, properties })).properties).toEqual(properties);
});

describe('a redriven record', () => {
  const bytes = (text: string) => [...Buffer.from(text)];
  const headers: Record<string, number[]>[] = [
    { [originalPositionHeaders.topicId]: bytes('first-topic') },
    { [originalPositionHeaders.partition]: bytes('1') },
    { [originalPositionHeaders.offset]: bytes('7') },
    { [originalPositionHeaders.timestamp]: bytes(String(receivedAtMs - 86_400_000)) },
  ];

  test('counts as the one that it was', () => {
    expect(clean(record({ event_type: 'a', user_id: 1 }, { headers }))).toMatchObject({
      event_id: derivedEventId('first-topic', 1, 7),
      timestamp: receivedAtMs - 86_400_000,
      received_at: receivedAtMs - 86_400_000,
      raw_partition: 1,
      raw_offset: 7,
    });
  });

  test('with half of its headers is rejected', () => {
    const [failure] = run(record(sample, { headers: headers.slice(0, 2) })).batchItemFailures;
    expect(failure?.reason).toMatch(/x-original-offset/);
  });
});

test('trace context goes along, other headers do not', () => {
  const traceparent = {
    traceparent: [...Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')],
  };
  const [output] = run(record(sample, { headers: [{ other: [1] }, traceparent] })).records;
  expect(output?.headers).toEqual([traceparent]);
});

describe('rejected for good, by offset, with the field', () => {
  test.each<[string, BatchRecord, RegExp]>([
    ['no value', record('', { value: undefined }), /^event: the record has no value$/],
    ['an empty value', record(''), /^event: is not JSON$/],
    ['no JSON', record('{"event_type":'), /^event: is not JSON$/],
    ['not UTF-8', record(Buffer.from([0x22, 0xff, 0x22])), /^event: is not UTF-8$/],
    ['a mark in front', record(`\ufeff${JSON.stringify(sample)}`), /^event: is not JSON$/],
    ['too large', record(JSON.stringify(sample).padEnd(65_537)), /^event: is 65537 bytes/],
    ['an array', record([sample]), /^event: must be a JSON object$/],
    ['100,000 levels', record('['.repeat(100_000) + ']'.repeat(100_000), {}), /^event: is 200000 bytes/],
    ['30,000 levels', record('['.repeat(30_000) + ']'.repeat(30_000)), /^event: must be a JSON object$/],
    ['a bad field', record({ ...sample, user_id: -1 }), /^user_id: must be/],
    ['a Kafka time before 2000', record(sample, { timestamp: -1 }), /^timestamp: the Kafka time/],
    ['a Kafka time after 2100', record(sample, { timestamp: 9e15 }), /^timestamp: the Kafka time/],
    [
      'an age by its record',
      record(sample, { timestamp: receivedAtMs + 2000 * 86_400_000 }),
      /^timestamp: is older/,
    ],
  ])('%s', (_, given, reason) => {
    expect(run(given)).toEqual({
      records: [],
      batchItemFailures: [
        {
          itemIdentifier: { partition: 'events_raw-3', offset: 42 },
          reason: expect.stringMatching(reason),
          permanent: true,
        },
      ],
    });
  });
});

test('one bad record does not touch its neighbours, and order is kept', () => {
  const { records, batchItemFailures } = run(
    ...[0, 1, 2, 3].map((offset) => record(offset === 2 ? 'x' : sample, { offset })),
  );
  expect(records.map(({ sourceOffset }) => sourceOffset)).toEqual([0, 1, 3]);
  expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
    { partition: 'events_raw-3', offset: 2 },
  ]);
});

test('any bytes come out as a clean record or a reject, and the same at every attempt', () => {
  const values = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.json({ maxDepth: 12 }),
    fc
      .dictionary(fc.string(), fc.jsonValue())
      .map((properties) => JSON.stringify({ event_type: 'a', user_id: 1, properties })),
  );
  fc.assert(
    fc.property(fc.array(values), (all) => {
      const event = eventOf(all.map((value, offset) => record(value, { offset })));
      const first = transform(event, batch);
      const again = createTransform({ ...rules, readClient: createClientReader() })(event, batch);
      expect([again.claims, again.result.batchItemFailures]).toEqual([
        first.claims,
        first.result.batchItemFailures,
      ]);
      expect(again.result.records.bytes.equals(first.result.records.bytes)).toBe(true);
      const { claims } = first;
      const result = resultOf(first);
      expect(result.records.length + result.batchItemFailures.length).toBe(all.length);
      expect(claims.map(({ offset }) => offset)).toEqual(
        result.records.map(({ sourceOffset }) => sourceOffset),
      );
      for (const { value } of result.records) decodeClean(value ?? Buffer.alloc(0));
    }),
    { numRuns: 500 },
  );
});

describe('an event id that is another record’s', () => {
  const claimsOf = (...records: BatchRecord[]) => transform(eventOf(records), batch).claims;

  test('is claimed for the place where the record first stood; what is rejected claims nothing', () => {
    expect(
      claimsOf(record(sample), record('x'), record({ event_type: 'a', user_id: 1 }, { offset: 7 })),
    ).toEqual([
      { eventId: sample.event_id, topicId: 'topic-id', partition: 3, offset: 42, recordMs: receivedAtMs },
      {
        eventId: derivedEventId('topic-id', 3, 7),
        topicId: 'topic-id',
        partition: 3,
        offset: 7,
        recordMs: receivedAtMs,
      },
    ]);
  });

  test('is left out, and is no failure', async () => {
    const transformed = transform(eventOf([0, 1, 2].map((offset) => record(sample, { offset }))), batch);
    const holder = { topicId: 'topic-id', partition: 3, offset: 0 };
    const duplicates = [
      { index: 0, holder },
      { index: 2, holder },
    ];
    const left = await leaveOutDuplicates(transformed, { claim: async () => ({ duplicates }) });
    expect(left.records()).toEqual([resultOf(transformed).records[1]]);
  });

  test('is not known while the keeper does not answer: the batch is to come again', async () => {
    const keeper = createClaimsClient({ url: `http://127.0.0.1:${await freePort()}` });
    const answer = leaveOutDuplicates(transform(eventOf([record(sample)]), batch), keeper);
    await expect(answer).rejects.toMatchObject({ statusCode: 503, retryAfterSeconds: 1 });
    await expect(answer).rejects.toThrow(/keeper of claims at .* does not answer: .*CLAIMS_URL/);
    keeper.close();
  });
});
