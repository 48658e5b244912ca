import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { createEventSource } from '../../../functions/generate/event-source.ts';
import { createTransform } from '../../../functions/transform/transform.ts';
import { readSettings } from '../../../shared/config/index.ts';
import type { CleanEvent } from '../../../shared/events/clean-event.ts';
import { createEventCheck, loadCategories } from '../../../shared/events/index.ts';
import { createClientReader } from '../../../shared/events/user-agent.ts';
import { documentOf } from '../../../shared/sink/document.ts';
import { encodeDocuments } from '../../../shared/sink/encode-documents.ts';
import { readRange } from '../../../shared/sink/read-range.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1000),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n)),
  fc.constantFrom(
    0,
    0.1,
    -0.5,
    0.000001,
    0.0000001,
    2 ** 31,
    -(2 ** 31),
    2 ** 31 - 1,
    1e15,
    123456789012345.6,
  ),
);
const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '\u007f', '\u2028'),
);
const key = text.map((name) => name.replaceAll('\0', '')).filter((name) => name !== '_bsontype');
const { tree: properties } = fc.letrec<{ tree: Record<string, unknown>; value: unknown }>((tie) => ({
  tree: fc.dictionary(key, tie('value'), { maxKeys: 8, depthIdentifier: 'p' }),
  value: fc.oneof(
    { depthIdentifier: 'p', maxDepth: 4 },
    number,
    text,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'p' }),
    tie('tree'),
  ),
}));
const fields: fc.Arbitrary<Partial<CleanEvent>> = fc.record({
  user_id: fc.maxSafeNat(),
  timestamp: fc.integer({ min: 0, max: Date.UTC(2105, 0, 1) }),
  received_at: fc.integer({ min: 0, max: Date.UTC(2148, 0, 1) }),
  session_id: text,
  user_agent: text,
  category: text,
  amount: fc.option(fc.constantFrom('0.00', '-1.50'), { nil: undefined }),
  currency: fc.option(text, { nil: undefined }),
  raw_offset: fc.maxSafeNat(),
  // JSON has no -0.
  properties: properties.map((each) => JSON.parse(JSON.stringify(each))),
});

const serialized = (range: ReturnType<typeof readRange>) =>
  Buffer.concat(range.records.map((record) => BSON.serialize(documentOf(record))));

test('the bytes are those of the driver’s own serializer, whatever the event holds', () => {
  fc.assert(
    fc.property(fc.array(fields, { minLength: 1, maxLength: 4 }), fc.maxSafeNat(), (events, first) => {
      const { event, batch } = cleanRange(
        events.map((each, i) => cleanEvent(i, each)),
        { first: first % 2 ** 52 },
      );
      const range = readRange(event, batch);
      expect(range.failures).toEqual([]);
      expect(Buffer.concat(encodeDocuments(range.records)).equals(serialized(range))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('events as they come are plain: nearly all that generate makes', () => {
  const categories = loadCategories(readSettings({}).categoriesFile);
  const startMs = Date.UTC(2026, 0, 15, 12);
  const source = createEventSource({
    runId: 'plain',
    parameters: {
      seed: 1,
      rate: 10_000,
      duration_seconds: 60,
      span_seconds: 60,
      users: 1000,
      invalid_share: 0,
      late_share: 0.02,
      no_id_share: 0.005,
      history: 0,
    },
    startMs,
    history: 0,
    categories,
  });
  const transform = createTransform({
    check: createEventCheck({ categories, retentionDays: 90 }),
    readClient: createClientReader(),
  });
  const records = Array.from({ length: 2000 }, (_, offset) => ({
    topic: 'events_raw',
    partition: 0,
    offset,
    timestamp: startMs,
    timestampType: 'CREATE_TIME' as const,
    value: Buffer.from(source(offset, 0).value),
    headers: [],
  }));
  const { result } = transform(
    { eventSource: 'SelfManagedKafka', bootstrapServers: '', records: { 'events_raw-0': records } },
    undefined,
  );
  const { event, batch } = cleanRange(result.records.records().map(({ value }) => value ?? null));
  const range = readRange(event, batch);
  expect(range.records.length).toBeGreaterThan(1900);
  expect(range.records.filter(({ plain }) => plain).length).toBeGreaterThan(range.records.length * 0.98);
  expect(Buffer.concat(encodeDocuments(range.records)).equals(serialized(range))).toBe(true);
});
