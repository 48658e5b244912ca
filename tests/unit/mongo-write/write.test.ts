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

const outcomes: [string, InsertReply, reason: string | undefined][] = [
  ['all went well', {}, undefined],
  ['every _id is there', { writeErrors: [idError, { ...idError, index: 1 }] }, undefined],
  ['another unique index', { writeErrors: [{ ...idError, errmsg: otherTaken }] }, 'code_11000'],
  [
    'an _id is there, but another document failed',
    { writeErrors: [idError, { index: 1, code: 121, errmsg: 'validation' }] },
    'code_121',
  ],
  [
    'an _id is there, but the majority did not confirm',
    { writeErrors: [idError], writeConcernError: timeout },
    'write_concern_64',
  ],
  ['the majority did not confirm', { writeConcernError: timeout }, 'write_concern_64'],
];

test.each(outcomes)('%s: what the reply comes to', (_name, reply, reason) => {
  expect(outcomeOf(reply)).toMatchObject(
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
  /** The part of the driver that is used, and the documents that its commands carried. */
  function setUp(answer: () => Promise<InsertReply>) {
    const metrics = { stored: jest.fn(), failed: jest.fn(), refused: jest.fn() };
    const command = jest.fn((_command: { documents: { chunks: Buffer[] } }) => answer());
    const events = { collectionName: 'raw', db: { command } } as never;
    return { metrics, command, write: createWrite({ events, metrics, now: () => 1000 }) };
  }

  test('one unordered insert, acknowledged by the majority and journaled', async () => {
    const { write, metrics, command } = setUp(async () => ({}));
    const { event, batch } = cleanRange([cleanEvent(1), cleanEvent(2)]);
    await expect(write(event, batch)).resolves.toEqual({});
    expect(command).toHaveBeenCalledTimes(1);
    expect(command).toHaveBeenCalledWith(
      expect.objectContaining({ insert: 'raw', ordered: false, writeConcern: { w: 'majority', j: true } }),
    );
    const [, ...pieces] = command.mock.calls[0]?.[0].documents.chunks ?? [];
    const documents = Buffer.concat(pieces);
    const first = BSON.deserialize(documents.subarray(0, documents.readInt32LE(0)));
    const second = BSON.deserialize(documents.subarray(documents.readInt32LE(0)));
    expect([first._id, second._id]).toEqual([cleanEvent(1).event_id, cleanEvent(2).event_id]);
    expect(metrics.stored).toHaveBeenCalledTimes(1);
  });

  test('more than a message holds goes in several', async () => {
    const { write, command } = setUp(async () => ({}));
    const properties = { text: 'x'.repeat(30_000) };
    const many = Array.from({ length: 1000 }, (_, i) => cleanEvent(i, { properties }));
    const { event, batch } = cleanRange(many);
    await expect(write(event, batch)).resolves.toEqual({});
    const sizes = command.mock.calls.map(([{ documents }]) => Buffer.concat(documents.chunks).length);
    expect(sizes).toHaveLength(2);
    for (const size of sizes) expect(size).toBeLessThan(48_000_000);
  });

  test.each(outcomes)('%s: done or 503', async (_name, reply, reason) => {
    const { write, metrics } = setUp(async () => reply);
    const { event, batch } = cleanRange([cleanEvent(1)]);
    if (reason === undefined) await expect(write(event, batch)).resolves.toEqual({});
    else {
      await expect(write(event, batch)).rejects.toMatchObject({ statusCode: 503, retryAfterSeconds: 1 });
      expect(metrics.failed).toHaveBeenCalledWith(reason);
      expect(metrics.stored).not.toHaveBeenCalled();
    }
  });

  test('no reply: 503', async () => {
    const { write, metrics } = setUp(() => Promise.reject(new MongoNetworkError('closed')));
    const { event, batch } = cleanRange([cleanEvent(1)]);
    await expect(write(event, batch)).rejects.toMatchObject({ statusCode: 503, retryAfterSeconds: 1 });
    expect(metrics.failed).toHaveBeenCalledWith('MongoNetworkError');
  });

  test('bad records are listed and nothing is written', async () => {
    const { write, command } = setUp(async () => ({}));
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
    expect(command).not.toHaveBeenCalled();
  });
});
