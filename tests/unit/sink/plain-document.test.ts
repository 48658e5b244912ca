import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSON } from 'mongodb';
import { createTransform } from '../../../functions/transform/transform.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { loadCategories } from '../../../shared/events/index.ts';
import { createClientReader } from '../../../shared/events/user-agent.ts';
import { documentOf } from '../../../shared/sink/document.ts';
import { encodeDocuments } from '../../../shared/sink/encode-documents.ts';
import { readRange } from '../../../shared/sink/read-range.ts';
import { eventFields } from '../../support/arbitrary-events.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';
import { generatedEvents } from '../../support/generated-events.ts';

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
  const transform = createTransform({
    categories,
    retentionDays: 90,
    readClient: createClientReader(),
  });
  const records = generatedEvents(2000, startMs, categories).map(({ value }, offset) => ({
    topic: 'events_raw',
    partition: 0,
    offset,
    timestamp: startMs,
    timestampType: 'CREATE_TIME' as const,
    value,
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
