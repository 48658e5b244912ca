import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { GeneratedEvent } from '../../../functions/generate/event-source.ts';
import { createGenerate } from '../../../functions/generate/generate.ts';
import { decodeProgress, encodeProgress } from '../../../functions/generate/progress.ts';
import { readRequest } from '../../../functions/generate/request.ts';
import type { RunStore } from '../../../functions/generate/run-store.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { loadCategories } from '../../../shared/events/index.ts';

/** A store in memory; `fail` may throw before or after the write has happened. */
function memory({ fail = (_when: 'before' | 'after', _write: number) => {} } = {}) {
  const events: GeneratedEvent[] = [];
  const progress = new Map<string, string>();
  let writes = 0;
  const store: RunStore = {
    open: async (runId) => ({
      found: progress.has(runId) ? decodeProgress(progress.get(runId) as string) : undefined,
      write: async (batch, after) => {
        writes += 1;
        fail('before', writes);
        events.push(...batch);
        progress.set(runId, encodeProgress(after));
        fail('after', writes);
      },
      close: async () => {},
    }),
    close: async () => {},
  };
  return { store, events };
}

function generator(store: RunStore) {
  let nowMs = Date.UTC(2026, 10, 22, 12);
  const generate = createGenerate({
    store,
    categories: loadCategories(),
    retentionDays: 1825,
    log: pino({ level: 'silent' }),
    onWritten: () => {},
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    newRunId: () => 'new',
  });
  const signal = new AbortController().signal;
  return (body: object, aborted = signal) => generate(readRequest(JSON.stringify(body)), aborted);
}

test('a run answers its totals, and called again the same ones, writing nothing', async () => {
  const { store, events } = memory();
  const generate = generator(store);
  const totals = await generate({ run_id: 'a', count: 9000, history: 10 });
  expect(totals).toMatchObject({ run_id: 'a', done: true, produced: 9010, history: 10, seed: 1 });
  expect(totals.valid + totals.invalid).toBe(9010);
  const count = (kind: string) => events.filter((event) => event.kind === kind).length;
  expect([totals.invalid, totals.late]).toEqual([count('invalid'), count('late')]);
  expect(await generate({ run_id: 'a' })).toEqual(totals);
  expect(events).toHaveLength(9010);
});

test.each(['before', 'after'] as const)(
  'a write that fails %s it happened doubles and loses nothing',
  async (when) => {
    const { store, events } = memory({
      fail: (now, write) => {
        if (now === when && [1, 3, 4].includes(write))
          throw new PipelineError('TRANSACTION', 'unknown outcome');
      },
    });
    const whole = memory();
    expect(await generator(store)({ run_id: 'a', count: 12_000 })).toMatchObject({
      done: true,
      produced: 12_000,
    });
    await generator(whole.store)({ run_id: 'a', count: 12_000 });
    // The run may begin a second time, later: its events are the same but for their times.
    const indices = (list: GeneratedEvent[]) =>
      list.map(({ key, value }) => [key, /-([0-9a-f]{12})"/.exec(value.toString())?.[1]]);
    expect(indices(events)).toEqual(indices(whole.events));
  },
);

test('calls end by max_seconds and go on where they were', async () => {
  const { store, events } = memory();
  const generate = generator(store);
  const first = await generate({ run_id: 'a', rate: 1000, duration_seconds: 10, max_seconds: 3 });
  expect(first.done).toBe(false);
  expect(first.produced).toBeGreaterThan(2800);
  expect(first.produced).toBeLessThan(3200);
  const last = await generate({ run_id: 'a', max_seconds: 60 });
  expect(last).toMatchObject({ done: true, produced: 10_000 });
  expect(events).toHaveLength(10_000);
});

test('an aborted call answers how far it came', async () => {
  const { store } = memory();
  expect(await generator(store)({ count: 10 }, AbortSignal.abort())).toMatchObject({
    run_id: 'new',
    done: false,
    produced: 0,
  });
});

test('history too old to be kept is left out', async () => {
  const { store } = memory();
  const generate = createGenerate({
    store,
    categories: loadCategories(),
    retentionDays: 30,
    log: pino({ level: 'silent' }),
    onWritten: () => {},
    now: () => Date.UTC(2026, 10, 22),
    sleep: async () => {},
    newRunId: () => 'new',
  });
  const signal = new AbortController().signal;
  expect(await generate(readRequest('{"count":10,"history":5}'), signal)).toMatchObject({
    produced: 10,
    history: 0,
  });
  await expect(
    generate(readRequest('{"count":10,"span_seconds":2592000,"run_id":"b"}'), signal),
  ).rejects.toMatchObject({
    statusCode: 400,
  });
});

describe('refused', () => {
  test.each<[string, object, number, RegExp]>([
    ['neither count nor rate', {}, 400, /count is missing/],
    ['count and duration', { count: 1, rate: 1, duration_seconds: 1 }, 400, /duration_seconds/],
    ['too many faults', { count: 1, invalid_share: 0.9, late_share: 0.2 }, 400, /exceed 1/],
  ])('%s', async (_, body, statusCode, message) => {
    await expect(generator(memory().store)(body)).rejects.toMatchObject({
      statusCode,
      message: expect.stringMatching(message),
    });
  });

  test.each<[string, string, RegExp]>([
    ['no JSON', '{', /body is not JSON/],
    ['an array', '[]', /body/],
    ['an unknown parameter', '{"cout":1}', /cout is no parameter/],
    ['a count below one', '{"count":0}', /count/],
    ['a run id with a slash', '{"count":1,"run_id":"a/b"}', /run_id/],
  ])('%s', (_, body, message) => {
    expect(() => readRequest(body)).toThrow(message);
  });

  test('other parameters under the same run id', async () => {
    const generate = generator(memory().store);
    await generate({ run_id: 'a', count: 10 });
    await expect(generate({ run_id: 'a', count: 11 })).rejects.toMatchObject({
      statusCode: 409,
      details: { differing: [{ field: 'count', given: 11, run: 10 }] },
    });
  });

  test('a run that another call has taken over', async () => {
    const { store } = memory({
      fail: () => {
        throw new PipelineError('FENCED', 'another producer');
      },
    });
    await expect(generator(store)({ run_id: 'a', count: 10 })).rejects.toMatchObject({ statusCode: 409 });
  });
});
