import { describe, expect, jest, test } from '@jest/globals';
import { createWrite } from '../../../functions/clickhouse-write/write.ts';
import type { Shard } from '../../../shared/clients/clickhouse/index.ts';
import { HttpError } from '../../../shared/errors/index.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';

type Insert = { query: string; clickhouse_settings: Record<string, unknown> };

/** A shard that notes its inserts, or fails with `error`. */
function fakeShard(error?: Error) {
  const inserts: Insert[] = [];
  const client = {
    exec: async (insert: Insert) => {
      if (error) throw error;
      inserts.push(insert);
      return { stream: [] };
    },
  };
  const shard = { replicas: [], run: (work: (c: unknown) => unknown) => work(client) } as unknown as Shard;
  return { shard, inserts };
}

function setUp(...shards: Shard[]) {
  const metrics = { stored: jest.fn(), failed: jest.fn(), refused: jest.fn() };
  const write = createWrite({ clickhouse: { shards }, metrics, now: () => 1000 });
  return { write, metrics };
}

describe('clickhouse-write', () => {
  test('one insert a range, with the batch id as token', async () => {
    const { shard, inserts } = fakeShard();
    const { write, metrics } = setUp(shard);
    const { event, batch } = cleanRange([cleanEvent(1), cleanEvent(2)]);
    await expect(write(event, batch)).resolves.toEqual({});
    expect(inserts).toHaveLength(1);
    expect(inserts[0]?.query).toMatch(/^INSERT INTO events_local /);
    expect(inserts[0]?.clickhouse_settings).toMatchObject({
      insert_deduplication_token: batch.id,
      insert_deduplicate: 1,
      deduplicate_blocks_in_dependent_materialized_views: 1,
      async_insert: 0,
      max_partitions_per_insert_block: '0',
    });
    expect(metrics.stored).toHaveBeenCalledTimes(1);
  });

  test('the route chooses the shard', async () => {
    const [a, b] = [fakeShard(), fakeShard()];
    const { write } = setUp(a.shard, b.shard);
    const { event, batch } = cleanRange([cleanEvent(1)], { route: 1 });
    await write(event, batch);
    expect([a.inserts.length, b.inserts.length]).toEqual([0, 1]);
  });

  test('a route without a shard waits; it is never taken modulo the shards', async () => {
    const { shard, inserts } = fakeShard();
    const { write } = setUp(shard);
    const { event, batch } = cleanRange([cleanEvent(1)], { route: 1 });
    await expect(write(event, batch)).rejects.toMatchObject({ statusCode: 503, retryAfterSeconds: 5 });
    expect(inserts).toHaveLength(0);
  });

  test('bad records are listed and nothing is written', async () => {
    const { shard, inserts } = fakeShard();
    const { write, metrics } = setUp(shard);
    const { event, batch } = cleanRange([cleanEvent(1), Buffer.from('no'), cleanEvent(2), null]);
    const result = await write(event, batch);
    expect(
      result.batchItemFailures?.map(({ itemIdentifier, permanent }) => [itemIdentifier, permanent]),
    ).toEqual([
      [{ partition: 'events_clean-3', offset: 101 }, true],
      [{ partition: 'events_clean-3', offset: 103 }, true],
    ]);
    expect(inserts).toHaveLength(0);
    expect(metrics.refused).toHaveBeenCalledWith(2);
  });

  test.each([
    ['a lost connection', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'econnreset'],
    [
      'a full disk',
      Object.assign(new Error('no space'), { code: '243', type: 'NOT_ENOUGH_SPACE' }),
      'not_enough_space',
    ],
    [
      'a refusal of the data',
      Object.assign(new Error('cannot parse'), { type: 'INCORRECT_DATA' }),
      'incorrect_data',
    ],
    ['anything else', new Error('?'), 'unknown'],
  ])('%s is a 503: the same range comes again', async (_name, error, reason) => {
    const { write, metrics } = setUp(fakeShard(error).shard);
    const { event, batch } = cleanRange([cleanEvent(1)]);
    const answer = await write(event, batch).catch((thrown: unknown) => thrown);
    expect(answer).toBeInstanceOf(HttpError);
    expect(answer).toMatchObject({ statusCode: 503, retryAfterSeconds: 1 });
    expect(metrics.failed).toHaveBeenCalledWith(reason);
    expect(metrics.stored).not.toHaveBeenCalled();
  });

  test('a range of which nothing was found is done', async () => {
    const { shard, inserts } = fakeShard();
    const { write } = setUp(shard);
    const { event, batch } = cleanRange([]);
    await expect(write(event, batch)).resolves.toEqual({});
    expect(inserts).toHaveLength(0);
  });

  test('a single record without a batch id is named by its own place', async () => {
    const { shard, inserts } = fakeShard();
    const { write } = setUp(shard);
    await write(cleanRange([cleanEvent(1)], { first: 9 }).event, undefined);
    expect(inserts[0]?.clickhouse_settings.insert_deduplication_token).toBe('events_clean-3:9-9');
  });
});
