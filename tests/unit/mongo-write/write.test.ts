import { describe, expect, jest, test } from '@jest/globals';
import { type BulkWriteResult, MongoBulkWriteError, MongoNetworkError, type WriteError } from 'mongodb';
import { createWrite } from '../../../functions/mongo-write/write.ts';
import { outcomeOf } from '../../../shared/sink/insert-outcome.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';

const idTaken = 'E11000 duplicate key error collection: events.raw_events index: _id_ dup key: { _id: "a" }';
const otherTaken =
  'E11000 duplicate key error collection: events.raw_events index: mine_1 dup key: { mine: "_id_" }';

function bulkError(
  errors: { code: number; errmsg: string }[],
  writeConcernCode?: number,
): MongoBulkWriteError {
  const result = {
    getWriteConcernError: () => (writeConcernCode === undefined ? undefined : { code: writeConcernCode }),
  } as unknown as BulkWriteResult;
  const writeErrors = errors as unknown as WriteError[];
  return new MongoBulkWriteError(
    { message: 'write failed', code: errors[0]?.code ?? 64, writeErrors },
    result,
  );
}

const outcomes: [string, unknown, ReturnType<typeof outcomeOf>][] = [
  [
    'every _id is there',
    bulkError([
      { code: 11_000, errmsg: idTaken },
      { code: 11_000, errmsg: idTaken },
    ]),
    { stored: true },
  ],
  [
    'another unique index',
    bulkError([{ code: 11_000, errmsg: otherTaken }]),
    { stored: false, reason: 'code_11000' },
  ],
  [
    'an _id is there, but another document failed',
    bulkError([
      { code: 11_000, errmsg: idTaken },
      { code: 121, errmsg: 'validation' },
    ]),
    { stored: false, reason: 'code_121' },
  ],
  [
    'an _id is there, but the majority did not confirm',
    bulkError([{ code: 11_000, errmsg: idTaken }], 64),
    { stored: false, reason: 'write_concern_64' },
  ],
  ['the majority did not confirm', bulkError([], 64), { stored: false, reason: 'code_64' }],
  ['a lost connection', new MongoNetworkError('closed'), { stored: false, reason: 'MongoNetworkError' }],
  [
    'a duplicate that is no bulk write error',
    Object.assign(new Error(idTaken), { code: 11_000 }),
    { stored: false, reason: 'code_11000' },
  ],
];

describe('outcomeOf', () => {
  test.each(outcomes)('%s', (_name, error, outcome) => {
    expect(outcomeOf(error)).toEqual(outcome);
  });
});

describe('mongo-write', () => {
  function setUp(insertMany: (...args: unknown[]) => Promise<unknown>) {
    const metrics = { stored: jest.fn(), failed: jest.fn(), refused: jest.fn() };
    return { metrics, write: createWrite({ events: { insertMany } as never, metrics, now: () => 1000 }) };
  }

  test('one unordered insert, acknowledged by the majority and journaled', async () => {
    const insertMany = jest.fn(async (..._args: unknown[]) => ({}));
    const { write, metrics } = setUp(insertMany);
    const { event, batch } = cleanRange([cleanEvent(1), cleanEvent(2)]);
    await expect(write(event, batch)).resolves.toEqual({});
    expect(insertMany).toHaveBeenCalledTimes(1);
    expect(insertMany).toHaveBeenCalledWith(
      [
        expect.objectContaining({ _id: cleanEvent(1).event_id }),
        expect.objectContaining({ _id: cleanEvent(2).event_id }),
      ],
      { ordered: false, writeConcern: { w: 'majority', journal: true } },
    );
    expect(metrics.stored).toHaveBeenCalledTimes(1);
  });

  test.each(outcomes)('%s: done or 503', async (_name, error, outcome) => {
    const { write, metrics } = setUp(() => Promise.reject(error));
    const { event, batch } = cleanRange([cleanEvent(1)]);
    if (outcome.stored) await expect(write(event, batch)).resolves.toEqual({});
    else {
      await expect(write(event, batch)).rejects.toMatchObject({ statusCode: 503, retryAfterSeconds: 1 });
      expect(metrics.failed).toHaveBeenCalledWith(outcome.reason);
    }
  });

  test('bad records are listed and nothing is written', async () => {
    const insertMany = jest.fn(async () => ({}));
    const { write } = setUp(insertMany);
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
    expect(insertMany).not.toHaveBeenCalled();
  });
});
