import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { createEventSource } from '../../../functions/generate/event-source.ts';
import { createTransform } from '../../../functions/transform/transform.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { createEventCheck, loadCategories } from '../../../shared/events/index.ts';
import { createClientReader } from '../../../shared/events/user-agent.ts';
import { documentOf } from '../../../shared/sink/document.ts';
import { encodeDocuments } from '../../../shared/sink/encode-documents.ts';
import { readRange } from '../../../shared/sink/read-range.ts';
import { eventFields } from '../../support/arbitrary-events.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';

const serialized = (range: ReturnType<typeof readRange>) =>
  Buffer.concat(range.records.map((record) => BSON.serialize(documentOf(record))));

test('the bytes are those of the driver’s own serializer, whatever the event holds', () => {
  fc.assert(
    fc.property(fc.array(eventFields, { minLength: 1, maxLength: 4 }), fc.maxSafeNat(), (events, first) => {
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
  expect(range.records.filter(({ marks }) => marks !== undefined).length).toBeGreaterThan(
    range.records.length * 0.98,
  );
  expect(Buffer.concat(encodeDocuments(range.records)).equals(serialized(range))).toBe(true);
});
