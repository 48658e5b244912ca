import { describe, expect, jest, test } from '@jest/globals';
import { BSON, MongoNetworkError, MongoServerError } from 'mongodb';
import { createWrite } from '../../../functions/mongo-write/write.ts';
import type { InsertReply } from '../../../shared/clients/mongo/insert-encoded.ts';
import { outcomeOf, reasonOf } from '../../../shared/sink/insert-outcome.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';

const idTaken = 'E11000 duplicate key error collection: events.raw_events index: _id_ dup key: { _id: "a" }';
const otherTaken =
  'E11000 duplicate key error collection: events.raw_events index: mine_1 dup key: { mine: "_id_" }';
const idError = { index: 0, code: 11_000, errmsg: idTaken };
const timeout = { code: 64, errmsg: 'waiting for replication timed out' };

/** Of an insert of two documents. */
const outcomes: [string, InsertReply, reason: string | undefined][] = [
  ['all went well', { n: 2 }, undefined],
  ['one _id is there', { n: 1, writeErrors: [idError] }, undefined],
  ['every _id is there', { n: 0, writeErrors: [idError, { ...idError, index: 1 }] }, undefined],
  ['another unique index', { n: 1, writeErrors: [{ ...idError, errmsg: otherTaken }] }, 'code_11000'],
  [
    'an _id is there, but another document failed',
    { n: 0, writeErrors: [idError, { index: 1, code: 121, errmsg: 'validation' }] },
    'code_121',
  ],
  [
    'an _id is there, but the majority did not confirm',
    { n: 1, writeErrors: [idError], writeConcernError: timeout },
    'write_concern_64',
  ],
  ['the majority did not confirm', { n: 2, writeConcernError: timeout }, 'write_concern_64'],
  ['nobody knows of one', { n: 1 }, 'incomplete'],
  ['nothing is said', {}, 'incomplete'],
];

test.each(outcomes)('%s: what the reply comes to', (_name, reply, reason) => {
  expect(outcomeOf({ count: 2, reply })).toMatchObject(
    reason === undefined ? { stored: true } : { stored: false, reason, detail: expect.any(String) },
  );
});

test.each([
  ['a lost connection', new MongoNetworkError('closed'), 'MongoNetworkError'],
  [
    'a server that is no primary',
    new MongoServerError({ code: 10_107, errmsg: 'not primary' }),
    'code_10107',
  ],
  ['anything', 'thrown', 'unknown'],
])('%s: why there is no reply', (_name, error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});

describe('mongo-write', () => {
  /** The part of the driver that is used, before a mongos whose majority has `onMajority`, and the inserts it was given. */
  function setUp(answer: (sent: number) => InsertReply, onMajority: readonly object[] = []) {
    const metrics = { stored: jest.fn(), failed: jest.fn(), refused: jest.fn() };
    const insert = jest.fn(async ({ documents }: { documents: { chunks: Buffer[] } }) =>
      answer(countIn(documents.chunks.slice(1))),
    );
    const command = async (what: Parameters<typeof insert>[0]) =>
      'hello' in what ? { msg: 'isdbgrid' } : insert(what);
    const find = jest.fn((_filter: object, _options: object) => onMajority);
    const events = { collectionName: 'raw', db: { command }, find } as never;
    return { metrics, insert, find, write: createWrite({ events, metrics, now: () => 1000 }) };
  }

  function countIn(chunks: readonly Buffer[]): number {
    const bytes = Buffer.concat(chunks);
    let count = 0;
    for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at)) count++;
    return count;
  }

  test('one unordered insert, acknowledged by the majority and journaled', async () => {
    const { write, metrics, insert } = setUp((n) => ({ n }));
    const { event, batch } = cleanRange([cleanEvent(1), cleanEvent(2)]);
    await expect(write(event, batch)).resolves.toEqual({});
    expect(insert).toHaveBeenCalledTimes(1);
    expect(insert).toHaveBeenCalledWith(
      expect.objectContaining({
        insert: 'raw',
        ordered: false,
        writeConcern: { w: 'majority', j: true, wtimeout: 30_000 },
      }),
    );
    const [, ...pieces] = insert.mock.calls[0]?.[0].documents.chunks ?? [];
    const documents = Buffer.concat(pieces);
    const first = BSON.deserialize(documents.subarray(0, documents.readInt32LE(0)));
    const second = BSON.deserialize(documents.subarray(documents.readInt32LE(0)));
    expect([first._id, second._id]).toEqual([cleanEvent(1).event_id, cleanEvent(2).event_id]);
    expect(metrics.stored).toHaveBeenCalledTimes(1);
  });

  test('more than a message holds goes in several', async () => {
    const { write, insert } = setUp((n) => ({ n }));
    const properties = { text: 'x'.repeat(30_000) };
    const many = Array.from({ length: 1000 }, (_, i) => cleanEvent(i, { properties }));
    const { event, batch } = cleanRange(many);
    await expect(write(event, batch)).resolves.toEqual({});
    const sizes = insert.mock.calls.map(([{ documents }]) => Buffer.concat(documents.chunks).length);
    expect(sizes).toHaveLength(2);
    for (const size of sizes) expect(size).toBeLessThan(48_000_000);
  });

  const two = [cleanEvent(1), cleanEvent(2)];
  const both = two.map(({ event_id: _id }) => ({ _id }));

  test.each(outcomes)('%s: done or 503', async (_name, reply, reason) => {
    const { write, metrics } = setUp(() => reply, both);
    const { event, batch } = cleanRange(two);
    if (reason === undefined) await expect(write(event, batch)).resolves.toEqual({});
    else {
      await expect(write(event, batch)).rejects.toMatchObject({ statusCode: 503, retryAfterSeconds: 1 });
      expect(metrics.failed).toHaveBeenCalledWith(reason);
      expect(metrics.stored).not.toHaveBeenCalled();
    }
  });

  const allThere = { n: 0, writeErrors: [idError, { ...idError, index: 1 }] };
  test.each([
    ['both', both, true],
    ['one', both.slice(1), false],
    ['one, twice', [both[0] ?? {}, both[0] ?? {}], false],
    ['none', [], false],
  ])('all are there already, and the majority has %s', async (_name, onMajority, done) => {
    const { write, metrics, find } = setUp(() => allThere, onMajority);
    const { event, batch } = cleanRange(two);
    if (done) await expect(write(event, batch)).resolves.toEqual({});
    else {
      await expect(write(event, batch)).rejects.toMatchObject({ statusCode: 503, retryAfterSeconds: 1 });
      expect(metrics.failed).toHaveBeenCalledWith('unconfirmed');
    }
    expect(find).toHaveBeenCalledWith(
      { _id: { $in: two.map(({ event_id }) => event_id) } },
      expect.objectContaining({ readConcern: 'majority', readPreference: 'primary' }),
    );
  });

  test('some were inserted: the majority is not asked again', async () => {
    const { write, find } = setUp(() => ({ n: 1, writeErrors: [idError] }));
    const { event, batch } = cleanRange(two);
    await expect(write(event, batch)).resolves.toEqual({});
    expect(find).not.toHaveBeenCalled();
  });

  test('no reply: 503', async () => {
    const { write, metrics } = setUp(() => {
      throw new MongoNetworkError('closed');
    });
    const { event, batch } = cleanRange([cleanEvent(1)]);
    await expect(write(event, batch)).rejects.toMatchObject({ statusCode: 503, retryAfterSeconds: 1 });
    expect(metrics.failed).toHaveBeenCalledWith('MongoNetworkError');
  });

  test('bad records are listed and nothing is written', async () => {
    const { write, insert } = setUp((n) => ({ n }));
    const { event, batch } = cleanRange([cleanEvent(1), Buffer.from('{}')]);
    await expect(write(event, batch)).resolves.toEqual({
      batchItemFailures: [
        {
          itemIdentifier: { partition: 'events_clean-3', offset: 101 },
          reason: expect.any(String),
          permanent: true,
        },
      ],
    });
    expect(insert).not.toHaveBeenCalled();
  });
});
