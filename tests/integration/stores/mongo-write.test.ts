import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createWrite } from '../../../functions/mongo-write/write.ts';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';
import { freePort } from '../../support/ports.ts';
import { type MongoFixture, openMongo, quietMetrics } from './open-stores.ts';

let store: MongoFixture;
let write: ReturnType<typeof createWrite>;

beforeAll(async () => {
  store = await openMongo();
  write = createWrite({ events: store.mongo.events(), metrics: quietMetrics, now: Date.now });
}, 120_000);
afterAll(() => store?.close());

const count = () => store.mongo.events().countDocuments();

describe('mongo-write', () => {
  test('a range that comes again counts once, also when only part of it was written', async () => {
    const values = Array.from({ length: 500 }, (_, i) => cleanEvent(`again${i}`));
    const part = cleanRange(values.slice(100, 300), { first: 200 });
    await write(part.event, part.batch);
    const whole = cleanRange(values, { first: 100 });
    await write(whole.event, whole.batch);
    await Promise.all([write(whole.event, whole.batch), write(whole.event, whole.batch)]);
    expect(await count()).toBe(500);
  });

  test('the event is found as the example look-ups ask for it', async () => {
    const properties = { amount: 19.9, 'dotted.name': 1, $dollar: [true, null], nested: { $set: { a: 1 } } };
    const timestamp = Date.UTC(2024, 0, 1, 12);
    const values = [
      cleanEvent('mine', { user_id: 12_345, timestamp, properties }),
      cleanEvent('other', { user_id: 2 ** 40, timestamp }),
    ];
    const { event, batch } = cleanRange(values, { first: 9000 });
    await write(event, batch);
    const events = store.mongo.events();
    const found = await events.find({ user_id: 12_345 }).sort({ timestamp: -1 }).limit(1000).toArray();
    expect(found.at(-1)).toMatchObject({
      _id: cleanEvent('mine').event_id,
      timestamp: new Date(timestamp),
      properties,
    });
    expect(await events.countDocuments({ user_id: 2 ** 40 })).toBe(1);
    expect(
      await events
        .find({
          event_type: 'purchase',
          timestamp: { $gte: new Date('2024-01-01'), $lt: new Date('2024-01-02') },
        })
        .toArray(),
    ).toHaveLength(2);
  });

  test('a bad record: nothing of its range is written', async () => {
    const before = await count();
    const { event, batch } = cleanRange([cleanEvent('good'), null], { first: 7000 });
    const { batchItemFailures } = await write(event, batch);
    expect(batchItemFailures).toHaveLength(1);
    expect(await count()).toBe(before);
  });

  test('a duplicate in another unique index is no success', async () => {
    await store.mongo.db.collection('other').createIndex({ 'source.raw.offset': 1 }, { unique: true });
    const writeOther = createWrite({
      events: store.mongo.db.collection('other') as never,
      metrics: quietMetrics,
      now: Date.now,
    });
    const { event, batch } = cleanRange([cleanEvent('a'), cleanEvent('b')]);
    await expect(writeOther(event, batch)).rejects.toMatchObject({ statusCode: 503 });
  });

  test('a server that is down is a 503', async () => {
    const mongo = createMongo(
      { ...store.settings, mongodbUri: `mongodb://127.0.0.1:${await freePort()}` },
      { serverSelectionTimeoutMs: 300 },
    );
    const writeThere = createWrite({ events: mongo.events(), metrics: quietMetrics, now: Date.now });
    const { event, batch } = cleanRange([cleanEvent('down')]);
    await expect(writeThere(event, batch)).rejects.toMatchObject({ statusCode: 503, retryAfterSeconds: 1 });
    await mongo.close();
  });
});
