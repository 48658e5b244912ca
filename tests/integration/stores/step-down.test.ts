import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { createWrite } from '../../../functions/mongo-write/write.ts';
import { createMongo, type Mongo } from '../../../shared/clients/mongo/index.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';
import { engines } from '../../support/engines.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type Answerer,
  asSecondary,
  type Call,
  type MongoProxy,
  startMongoProxy,
} from '../../support/mongo/proxy.ts';
import { unique } from '../../support/names.ts';
import { type MongoFixture, openMongo } from './open-stores.ts';

// What a replica set or mongos answers while a primary steps down or dies, told by a proxy before the run's server. A
// set of one in a process cannot roll back: "rolled back" removes what no majority had.

const values = Array.from({ length: 20 }, (_, i) => cleanEvent(`step${i}`));
const range = cleanRange(values);
const ids = values.map(({ event_id }) => event_id).sort();

let store: MongoFixture;
let member: MongoProxy;
let mongos: MongoProxy;
beforeAll(async () => {
  const upstream = engines().mongodb;
  store = await openMongo();
  member = await startMongoProxy({ upstream });
  mongos = await startMongoProxy({ upstream, as: 'mongos' });
}, 120_000);
afterAll(() => Promise.all([store?.close(), member?.close(), mongos?.close()]));

let collection: string;
let mongo: Mongo;
const metrics = { stored: jest.fn(), failed: jest.fn(), refused: jest.fn() };
beforeEach(() => {
  collection = unique('raw');
  jest.clearAllMocks();
});
afterEach(async () => {
  member.heal();
  mongos.heal();
  await mongo.close();
});

function writeThrough(proxy: MongoProxy, timeouts: Parameters<typeof createMongo>[1] = {}) {
  const settings = { ...store.settings, mongodbUri: proxy.uri, mongodbCollection: collection };
  mongo = createMongo(settings, { serverSelectionTimeoutMs: 2000, ...timeouts });
  const write = createWrite({ events: mongo.events(), metrics, now: Date.now });
  return () => write(range.event, range.batch);
}

const inStore = () => store.mongo.db.collection<{ _id: string }>(collection);
const stored = async () => (await inStore().find().toArray()).map(({ _id }) => _id).sort();
const rollBack = async () => void (await inStore().deleteMany({}));

/** The fault is over: the same range is taken, and each of its records is there once. */
async function storedOnceWell(proxy: MongoProxy, write: () => Promise<unknown>): Promise<void> {
  proxy.heal();
  await eventually(write);
  expect(await stored()).toEqual(ids);
}

const steppedBack: Answerer = async ({ forward }) => ({ ...(await forward()), ...asSecondary });

/** A server's refusal of a whole command, with the label that drivers go by. */
const refusal = (code: number, codeName: string, errmsg: string): Document => ({
  ok: 0,
  code,
  codeName,
  errmsg,
  errorLabels: ['RetryableWriteError'],
});

const refuses =
  (...what: Parameters<typeof refusal>) =>
  () =>
    refusal(...what);

/** The insert is done, and something else is answered. */
const doneBut =
  (answer: (whole: Document, call: Call) => ReturnType<Answerer>): Answerer =>
  async (call) =>
    answer(await call.forward(), call);

const withoutMajority = (code: number, codeName: string, errmsg: string) =>
  doneBut((whole) => ({ ...whole, writeConcernError: { code, codeName, errmsg } }));

const taken = (index: number, id: unknown) => ({
  index,
  code: 11_000,
  errmsg: `E11000 duplicate key error collection: events.raw_events index: _id_ dup key: { _id: "${id}" }`,
});

/** Every other document is inserted, the ones between fail; `beside`: what became of those that did not fail. */
const halfFails =
  (code: number, errmsg: string, { beside = 'inserted' }: { beside?: 'inserted' | 'taken' } = {}): Answerer =>
  async ({ documents }) => {
    await inStore().insertMany(documents.filter((_, index) => index % 2 === 0) as never);
    const writeErrors = documents.flatMap(({ _id }, index) => {
      if (index % 2 === 1) return [{ index, code, errmsg }];
      return beside === 'taken' ? [taken(index, _id)] : [];
    });
    return { ok: 1, n: documents.length - writeErrors.length, writeErrors };
  };

/** As a second attempt is answered, when the first has inserted all. */
const allTaken = (rest: Document = {}): Answerer =>
  doneBut((_, { documents }) => ({
    ok: 1,
    n: 0,
    writeErrors: documents.map(({ _id }, index) => taken(index, _id)),
    ...rest,
  }));

/** The bytes of the answer, spoiled. */
const spoiled = (spoil: (bytes: Buffer) => Buffer, { close = false } = {}) =>
  doneBut((whole, { encode }) => ({ pieces: [spoil(encode(whole))], close }));

const patched = (at: number, value: number) =>
  spoiled((bytes) => {
    bytes.writeInt32LE(value, at);
    return bytes;
  });

const steppedDown = 'Primary stepped down while waiting for replication';
const closing = 'interrupted at shutdown';

interface Fault {
  answer: Answerer;
  /** Of the metric. */
  reason: string;
  says: RegExp;
  socketTimeoutMs?: number;
}

/** What is left of a spoiled answer may spoil the next one on its connection, until that is given up. */
const spoiledMs = 2000;

const faults: Record<string, Fault> = {
  'not primary': {
    answer: refuses(10_107, 'NotWritablePrimary', 'not primary'),
    reason: 'code_10107',
    says: /not primary/,
  },
  'stepped down before the insert': {
    answer: refuses(189, 'PrimarySteppedDown', 'Not primary while writing to events.raw_events'),
    reason: 'code_189',
    says: /Not primary while writing/,
  },
  'stepped down amid the insert': {
    answer: async (call) => {
      await halfFails(0, '')(call);
      return refusal(11_602, 'InterruptedDueToReplStateChange', 'operation was interrupted');
    },
    reason: 'code_11602',
    says: /was interrupted/,
  },
  'stepped down behind the insert': {
    answer: doneBut(refuses(11_602, 'InterruptedDueToReplStateChange', 'operation was interrupted')),
    reason: 'code_11602',
    says: /was interrupted/,
  },
  'a secondary': {
    answer: refuses(13_435, 'NotPrimaryNoSecondaryOk', 'not primary and secondaryOk=false'),
    reason: 'code_13435',
    says: /secondaryOk/,
  },
  'shuts down': {
    answer: refuses(91, 'ShutdownInProgress', 'The server is in quiesce mode and will shut down'),
    reason: 'code_91',
    says: /quiesce mode/,
  },
  'interrupted at shutdown, behind the insert': {
    answer: doneBut(refuses(11_600, 'InterruptedAtShutdown', closing)),
    reason: 'code_11600',
    says: /shutdown/,
  },
  'mongos does not reach the shard': {
    answer: refuses(6, 'HostUnreachable', 'Error connecting to shard-1-1:27018'),
    reason: 'code_6',
    says: /Error connecting/,
  },
  'mongos finds no primary': {
    answer: refuses(133, 'FailedToSatisfyReadPreference', 'Could not find host matching read preference'),
    reason: 'code_133',
    says: /Could not find host/,
  },
  'not primary for half': {
    answer: halfFails(10_107, 'not primary'),
    reason: 'code_10107',
    says: /not primary/,
  },
  'stepped down for half': {
    answer: halfFails(189, 'stepped down'),
    reason: 'code_189',
    says: /stepped down/,
  },
  'interrupted for half': {
    answer: halfFails(11_602, 'interrupted'),
    reason: 'code_11602',
    says: /interrupted/,
  },
  'a shard that shuts down has half': {
    answer: halfFails(91, 'quiesce'),
    reason: 'code_91',
    says: /quiesce/,
  },
  'a shard out of reach has half': {
    answer: halfFails(6, 'Error connecting'),
    reason: 'code_6',
    says: /Error connecting/,
  },
  'half is there, a shard out of reach has the rest': {
    answer: halfFails(6, 'Error connecting', { beside: 'taken' }),
    reason: 'code_6',
    says: /Error connecting/,
  },
  'half is there, stepped down for the rest': {
    answer: halfFails(189, 'stepped down', { beside: 'taken' }),
    reason: 'code_189',
    says: /stepped down/,
  },
  'a code that is nothing known': { answer: halfFails(8, 'unknown'), reason: 'code_8', says: /unknown/ },
  'the majority is late': {
    answer: withoutMajority(64, 'WriteConcernFailed', 'waiting for replication timed out'),
    reason: 'write_concern_64',
    says: /waiting for replication timed out/,
  },
  'stepped down before the majority had it': {
    answer: withoutMajority(189, 'PrimarySteppedDown', steppedDown),
    reason: 'write_concern_189',
    says: /stepped down while waiting/,
  },
  'interrupted before the majority had it': {
    answer: withoutMajority(11_602, 'InterruptedDueToReplStateChange', 'operation was interrupted'),
    reason: 'write_concern_11602',
    says: /was interrupted/,
  },
  'shut down before the majority had it': {
    answer: withoutMajority(91, 'ShutdownInProgress', 'Replication is being shut down'),
    reason: 'write_concern_91',
    says: /being shut down/,
  },
  'too few members for a majority': {
    answer: withoutMajority(100, 'UnsatisfiableWriteConcern', 'Not enough data-bearing nodes'),
    reason: 'write_concern_100',
    says: /Not enough data-bearing/,
  },
  'all is there, the majority is late': {
    answer: allTaken({ writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } }),
    reason: 'write_concern_64',
    says: /timed out/,
  },
  'all is there, stepped down before the majority had it': {
    answer: allTaken({ writeConcernError: { code: 189, errmsg: steppedDown } }),
    reason: 'write_concern_189',
    says: /stepped down/,
  },
  'the connection breaks before the insert': {
    answer: () => 'close',
    reason: 'MongoNetworkError',
    says: /connection .* closed/,
  },
  'the connection breaks behind the insert': {
    answer: doneBut(() => 'close'),
    reason: 'MongoNetworkError',
    says: /connection .* closed/,
  },
  'no answer, nothing done': {
    answer: () => 'silence',
    socketTimeoutMs: 300,
    reason: 'MongoNetworkTimeoutError',
    says: /timed out/,
  },
  'the answer is lost': {
    answer: doneBut(() => 'silence'),
    socketTimeoutMs: 300,
    reason: 'MongoNetworkTimeoutError',
    says: /timed out/,
  },
  'fewer were inserted than sent': {
    answer: async (call) => {
      await halfFails(0, '')(call);
      return { ok: 1, n: 10 };
    },
    reason: 'incomplete',
    says: /of 20 documents the server inserted 10 and had 0/,
  },
  'fewer errors than documents that were not inserted': {
    answer: doneBut((_, { documents }) => ({ ok: 1, n: 0, writeErrors: [taken(0, documents[0]?._id)] })),
    reason: 'incomplete',
    says: /of 20 .* inserted 0 and had 1/,
  },
  'one error again and again': {
    answer: doneBut((_, { documents }) => ({
      ok: 1,
      n: 0,
      writeErrors: documents.map(() => taken(0, documents[0]?._id)),
    })),
    reason: 'incomplete',
    says: /had 1/,
  },
  'no count': { answer: doneBut(() => ({ ok: 1 })), reason: 'incomplete', says: /inserted undefined/ },
  'a count that is no number': {
    answer: doneBut(() => ({ ok: 1, n: '20' })),
    reason: 'incomplete',
    says: /of 20 documents/,
  },
  'more than were sent': {
    answer: doneBut(() => ({ ok: 1, n: 21 })),
    reason: 'incomplete',
    says: /inserted 21/,
  },
  'refused without a word': { answer: () => ({ ok: 0 }), reason: 'MongoServerError', says: /MongoDB: / },
  'an empty answer': { answer: () => ({}), reason: 'MongoServerError', says: /MongoDB: / },
  'errors that are no list': {
    answer: doneBut(() => ({ ok: 1, n: 20, writeErrors: 'many' })),
    reason: 'TypeError',
    says: /MongoDB: /,
  },
  'an error that is nothing': {
    answer: doneBut(() => ({ ok: 1, n: 19, writeErrors: [null] })),
    reason: 'TypeError',
    says: /MongoDB: /,
  },
  'a duplicate that names no index': {
    answer: doneBut(() => ({ ok: 1, n: 19, writeErrors: [{ index: 3, code: 11_000 }] })),
    reason: 'code_11000',
    says: /MongoDB: /,
  },
  'half an answer, then the end': {
    answer: spoiled((bytes) => bytes.subarray(0, bytes.length / 2), { close: true }),
    reason: 'MongoNetworkError',
    says: /closed/,
  },
  'half an answer, then nothing': {
    answer: spoiled((bytes) => bytes.subarray(0, bytes.length / 2)),
    socketTimeoutMs: 300,
    reason: 'MongoNetworkTimeoutError',
    says: /timed out/,
  },
  'an answer of negative size': {
    answer: patched(0, -5),
    socketTimeoutMs: spoiledMs,
    reason: 'MongoParseError',
    says: /size/,
  },
  'an answer too short for its header': {
    answer: patched(0, 7),
    socketTimeoutMs: spoiledMs,
    reason: 'RangeError',
    says: /MongoDB: /,
  },
  'an answer of another kind': {
    answer: patched(12, 1234),
    socketTimeoutMs: spoiledMs,
    reason: 'BSONOffsetError',
    says: /MongoDB: /,
  },
  'an answer whose document is longer than it': {
    answer: patched(21, 1 << 20),
    socketTimeoutMs: spoiledMs,
    reason: 'BSONOffsetError',
    says: /MongoDB: /,
  },
};

const afterwards = { kept: async () => {}, 'rolled back': rollBack };

describe.each(Object.keys(afterwards) as (keyof typeof afterwards)[])(
  'what was inserted is %s',
  (outcome) => {
    test.each(Object.entries(faults))(
      '%s: 503, and the same range again is stored once',
      async (_, fault) => {
        const { answer, reason, says, socketTimeoutMs } = fault;
        const write = writeThrough(member, socketTimeoutMs === undefined ? {} : { socketTimeoutMs });
        member.on('insert', answer);
        const refused = await write().catch((error: unknown) => error);
        expect(refused).toMatchObject({
          statusCode: 503,
          retryAfterSeconds: 1,
          message: expect.stringMatching(says),
        });
        expect(metrics.failed.mock.calls).toEqual([[reason]]);
        expect(metrics.stored).not.toHaveBeenCalled();

        await afterwards[outcome]();
        await storedOnceWell(member, write);
        expect(metrics.stored).toHaveBeenCalledTimes(1);
      },
    );
  },
);

describe('a mongos that leaves the write concern error out when all documents fail (before 7.1)', () => {
  /** As a primary cut off from its set is read with read concern majority: without the last documents. */
  const majorityHas =
    (count: number): Answerer =>
    async ({ body, forward }) => {
      const answer = await forward();
      const of = body.readConcern?.level === 'majority' ? count : Number.POSITIVE_INFINITY;
      return { ...answer, cursor: { ...answer.cursor, firstBatch: answer.cursor.firstBatch.slice(0, of) } };
    };

  test.each([0, 10, 19])(
    'the majority has %i of 20: 503, and what is rolled back is stored again',
    async (count) => {
      const write = writeThrough(mongos);
      mongos.on(
        'insert',
        doneBut(() => 'close'),
      );
      await expect(write()).rejects.toMatchObject({ statusCode: 503 });

      mongos.on('insert', allTaken());
      mongos.on('find', majorityHas(count));
      await expect(write()).rejects.toMatchObject({
        statusCode: 503,
        retryAfterSeconds: 1,
        message: 'MongoDB: the majority does not have all documents yet',
      });
      expect(metrics.failed).toHaveBeenLastCalledWith('unconfirmed');

      await rollBack();
      await storedOnceWell(mongos, write);
    },
  );

  test('the majority has all: stored', async () => {
    const write = writeThrough(mongos);
    mongos.on(
      'insert',
      doneBut(() => 'close'),
    );
    await expect(write()).rejects.toMatchObject({ statusCode: 503 });
    mongos.on('insert', allTaken());
    mongos.on('find', majorityHas(20));
    await expect(write()).resolves.toEqual({});
    expect(await stored()).toEqual(ids);
  });

  test('a member of a set says it itself: nothing is read', async () => {
    const write = writeThrough(member);
    const read = jest.fn(majorityHas(0));
    member.on('insert', allTaken());
    member.on('find', read);
    await expect(write()).resolves.toEqual({});
    expect(read).not.toHaveBeenCalled();
  });

  test('the majority cannot be asked: 503', async () => {
    const write = writeThrough(mongos);
    mongos.on('insert', allTaken());
    mongos.on('find', refuses(189, 'PrimarySteppedDown', 'stepped down'));
    await expect(write()).rejects.toMatchObject({ statusCode: 503, message: 'MongoDB: stepped down' });
    expect(metrics.failed).toHaveBeenLastCalledWith('code_189');
  });
});

test('no primary for a while: 503 that says so, and the same range is stored once there is one', async () => {
  const write = writeThrough(member, { serverSelectionTimeoutMs: 600 });
  member.on('hello', steppedBack);
  await expect(write()).rejects.toMatchObject({
    statusCode: 503,
    retryAfterSeconds: 1,
    message: expect.stringMatching(/Server selection timed out/),
  });
  expect(metrics.failed).toHaveBeenLastCalledWith('MongoServerSelectionError');
  expect(await stored()).toEqual([]);
  await storedOnceWell(member, write);
});

test('a primary that steps down and is elected again: refused, then no primary, then stored once', async () => {
  const write = writeThrough(member, { serverSelectionTimeoutMs: 600 });
  await write();
  await rollBack();
  member.on('hello', steppedBack);
  member.on('insert', doneBut(refuses(189, 'PrimarySteppedDown', 'stepped down')));
  await expect(write()).rejects.toMatchObject({ statusCode: 503, message: 'MongoDB: stepped down' });
  await expect(write()).rejects.toMatchObject({
    statusCode: 503,
    message: expect.stringMatching(/Server selection timed out/),
  });
  await storedOnceWell(member, write);
});

test('an answer that comes byte by byte is an answer', async () => {
  const write = writeThrough(member);
  member.on(
    'insert',
    doneBut((whole, { encode }) => ({ pieces: [...encode(whole)].map((byte) => Buffer.from([byte])) })),
  );
  await expect(write()).resolves.toEqual({});
  expect(await stored()).toEqual(ids);
});

test('what is sent: all documents in one command, for the majority, journaled, with an end to the waiting', async () => {
  const write = writeThrough(member);
  const seen: Call[] = [];
  member.on('insert', (call) => {
    seen.push(call);
    return call.forward();
  });
  await write();
  expect(seen).toHaveLength(1);
  const { body, documents } = seen[0] as Call;
  expect(body).toMatchObject({
    ordered: false,
    writeConcern: { w: 'majority', j: true, wtimeout: expect.any(Number) },
  });
  expect(documents.map(({ _id }) => _id).sort()).toEqual(ids);
});
