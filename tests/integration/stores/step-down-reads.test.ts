import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BSON } from 'mongodb';
import { removeEvents } from '../../../functions/aggregation-check/repair/mongo.ts';
import { countMongo, mongoPlaces, storedIds } from '../../../functions/aggregation-check/stores/mongo.ts';
import { createWrite } from '../../../functions/mongo-write/write.ts';
import { createQuery } from '../../../functions/query/query.ts';
import { createMongo, type Mongo } from '../../../shared/clients/mongo/index.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';
import { engines } from '../../support/engines.ts';
import { type Answerer, type Call, type MongoProxy, startMongoProxy } from '../../support/mongo/proxy.ts';
import { type MongoFixture, openMongo, quietMetrics } from './open-stores.ts';

// What reads of MongoDB come to while a primary steps down: all, or an error, never a part.

const values = Array.from({ length: 300 }, (_, i) => cleanEvent(`read${i}`));
const { event, batch } = cleanRange(values, { first: 0, partition: 3 });
const minute = Math.floor(Date.UTC(2026, 10, 22, 10, 15, 30, 123) / 60_000) * 60_000;

let store: MongoFixture;
let proxy: MongoProxy;
beforeAll(async () => {
  store = await openMongo();
  await createWrite({ events: store.mongo.events(), metrics: quietMetrics, now: Date.now })(event, batch);
  proxy = await startMongoProxy({ upstream: engines().mongodb });
}, 120_000);
afterAll(() => Promise.all([store?.close(), proxy?.close()]));

let mongo: Mongo;
beforeEach(() => {
  // An address that would have it otherwise.
  const mongodbUri = `${proxy.uri}/?readPreference=secondaryPreferred&readConcernLevel=local&w=1&journal=false`;
  mongo = createMongo({ ...store.settings, mongodbUri }, { serverSelectionTimeoutMs: 2000 });
});
afterEach(async () => {
  proxy.heal();
  await mongo.close();
});

const lookUp = async () => {
  const query = createQuery({
    clickhouse: { shards: [] },
    events: () => mongo.events(),
    now: Date.now,
  } as never);
  const { body } = await query({
    requestContext: { http: { method: 'GET' } },
    rawPath: '/users/12345/events',
    rawQueryString: 'limit=1000',
    headers: {},
  } as never);
  return JSON.parse(body as string).rows.length;
};

/** Each with the command that begins it, and how many events it answers. */
const reads: Record<string, { command: string; read: () => Promise<number> }> = {
  'the counts of the check': {
    command: 'aggregate',
    read: async () =>
      (await countMongo(mongo.events(), [{ partition: 3, from: 0, to: 300 }])).get({ partition: 3, minute })
        ?.events ?? 0,
  },
  'the places of a minute': {
    command: 'find',
    read: async () =>
      (await mongoPlaces(mongo.events(), { partition: 3, minute }, { from: 0, to: 300 })).size,
  },
  'which events are stored': {
    command: 'find',
    read: async () =>
      (
        await storedIds(
          mongo.events(),
          values.map(({ event_id }) => event_id),
        )
      ).size,
  },
  'the events of a user, asked of query': { command: 'find', read: lookUp },
};

const refusal =
  (code: number, codeName: string): Answerer =>
  () => ({ ok: 0, code, codeName, errmsg: codeName });
const steppedDown: [string, Answerer] = ['stepped down', refusal(189, 'PrimarySteppedDown')];
const broken: [string, Answerer] = ['a broken connection', () => 'close'];
const everyFault: [string, Answerer][] = [
  steppedDown,
  broken,
  ['not primary', refusal(10_107, 'NotWritablePrimary')],
  ['interrupted', refusal(11_602, 'InterruptedDueToReplStateChange')],
  ['a secondary', refusal(13_435, 'NotPrimaryNoSecondaryOk')],
  ['shut down', refusal(91, 'ShutdownInProgress')],
  ['a shard out of reach', refusal(6, 'HostUnreachable')],
  ['no majority to read from yet', refusal(134, 'ReadConcernMajorityNotAvailableYet')],
];

describe.each(Object.entries(reads))('%s', (name, { command, read }) => {
  // The driver takes half a second to look at the server again; one read meets all faults.
  const faults = name === 'the counts of the check' ? everyFault : [steppedDown, broken];

  test.each(faults)('%s once: all are answered', async (_, answer) => {
    let asked = 0;
    proxy.on(command, (call) => (asked++ === 0 ? answer(call) : call.forward()));
    expect(await read()).toBe(300);
    expect(asked).toBeGreaterThan(1);
  });

  test.each(faults)('%s for good: an error', async (_, answer) => {
    proxy.on(command, answer);
    await expect(read()).rejects.toThrow();
  });
});

const withCursors = Object.entries(reads).filter(([, { command }]) => command === 'find');
describe.each(withCursors)('%s', (_name, { read }) => {
  const gone: [string, Answerer] = ['a cursor that died with its server', refusal(43, 'CursorNotFound')];
  test.each([steppedDown, broken, gone])(
    '%s behind the first documents: an error, not a part',
    async (_, answer) => {
      // As a server that cuts an answer in two.
      proxy.on('find', async ({ body, forward }) => {
        const { cursor, ...rest } = await forward();
        const ns = `${store.settings.mongodbDatabase}.${body.find}`;
        return {
          ...rest,
          cursor: { ns, id: BSON.Long.fromNumber(77), firstBatch: cursor.firstBatch.slice(0, 50) },
        };
      });
      proxy.on('getMore', answer);
      await expect(read()).rejects.toThrow();
    },
  );
});

test('query answers 503 and says why', async () => {
  proxy.on('find', refusal(189, 'PrimarySteppedDown'));
  await expect(lookUp()).rejects.toMatchObject({
    statusCode: 503,
    retryAfterSeconds: 1,
    message: 'MongoDB: PrimarySteppedDown',
  });
});

test('read is what the majority has, from the primary; written is for the majority, whatever the address says', async () => {
  const seen: Call['body'][] = [];
  for (const command of ['aggregate', 'find', 'delete']) {
    proxy.on(command, (call) => {
      seen.push(call.body);
      return call.forward();
    });
  }
  for (const { read } of Object.values(reads)) await read();
  for (const body of seen) {
    expect(body).toMatchObject({ readConcern: { level: 'majority' } });
    expect(body.$readPreference).toBeUndefined();
  }
  expect(seen.length).toBeGreaterThanOrEqual(Object.keys(reads).length);
  await removeEvents(mongo.events(), [{ partition: 3, offset: 999, event_id: 'nobody' }]);
  expect(seen.at(-1)).toMatchObject({ delete: expect.any(String), writeConcern: { w: 'majority', j: true } });
});
