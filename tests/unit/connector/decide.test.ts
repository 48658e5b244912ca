import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../../infra/connector/delivery/answer.ts';
import { decide, type Situation } from '../../../infra/connector/delivery/decide.ts';
import type { DeliveryMode } from '../../../infra/connector/functions/subscription.ts';

const modes: DeliveryMode[] = ['transactional', 'at-least-once', 'ranges'];

function situation(mode: DeliveryMode, given: Partial<Situation> = {}): Situation {
  return {
    mode,
    onError: 'block',
    failedTries: 0,
    maxRetries: 5,
    topicPartition: 'in-0',
    has: (offset) => offset >= 10 && offset < 20,
    wantsOutputs: mode !== 'ranges',
    ...given,
  };
}

function answer(
  status: number,
  body: unknown = '',
  given: { echoed?: boolean; retryAfterMs?: number } = {},
): Answer {
  return {
    kind: 'response',
    status,
    retryAfterMs: given.retryAfterMs,
    echoed: given.echoed ?? true,
    takesCompact: false,
    compact: false,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  };
}

const item = (offset: number, more: object = {}) => ({
  itemIdentifier: { partition: 'in-0', offset },
  ...more,
});
const failures = (...items: object[]) => ({ batchItemFailures: items });

describe.each(modes)('%s', (mode) => {
  const act = (given: Answer, more: Partial<Situation> = {}) => decide(given, situation(mode, more));

  test.each([
    ['nothing', answer(200)],
    ['202', answer(202, 'queued')],
    ['text', answer(200, 'done')],
    ['a list of nothing', answer(200, failures())],
    ['null as list', answer(200, { batchItemFailures: null })],
    ['some other JSON', answer(200, { ok: false, error: 'whatever' })],
    ['a JSON number', answer(200, '7')],
  ])('2xx with %s is done', (_, given) => {
    expect(act(given)).toEqual({ do: 'done', outputs: [], dead: [], alone: [] });
  });

  test.each([429, 503])('%i pauses', (status) => {
    expect(act(answer(status, '', { retryAfterMs: 700 }))).toMatchObject({ do: 'pause', retryAfterMs: 700 });
    expect(act(answer(status), { failedTries: 99 })).toMatchObject({ do: 'pause', retryAfterMs: undefined });
  });

  test('no answer, 502 and 504 are an unknown outcome, however often', () => {
    for (const given of [{ kind: 'none', reason: 'reset' } as const, answer(502), answer(504)]) {
      expect(act(given, { failedTries: 99 })).toMatchObject({ do: 'again', why: 'unknown' });
    }
  });

  test('404 waits for the function', () => {
    expect(act(answer(404))).toEqual({ do: 'absent' });
  });

  test.each([400, 413, 422])('%i splits', (status) => {
    expect(act(answer(status, '{"error":"too much"}'))).toEqual({
      do: 'split',
      reason: `HTTP ${status}: too much`,
    });
  });

  test.each([300, 401, 403, 405, 418, 500, 501, 505])('%i comes again', (status) => {
    expect(act(answer(status))).toMatchObject({ do: 'again', why: 'failed', alarm: false });
  });

  test('after max-retries it blocks and alarms', () => {
    expect(act(answer(500), { failedTries: 5 })).toMatchObject({ do: 'again', why: 'failed', alarm: true });
  });

  test.each([
    ['an offset that was not sent', failures(item(9))],
    ['another partition', failures({ itemIdentifier: { partition: 'in-1', offset: 12 } })],
    ['nothing', failures({ itemIdentifier: '' })],
    ['no identifier', failures({})],
    ['null', { batchItemFailures: [null] }],
    ['no list', { batchItemFailures: 'all' }],
  ])('a list that names %s counts as 500', (_, body) => {
    expect(act(answer(200, body))).toMatchObject({ do: 'again', why: 'failed' });
  });
});

describe.each(['transactional', 'at-least-once'] as const)('%s', (mode) => {
  test('listed records: permanent ones are dead, the others are tried alone; their outputs are dropped', () => {
    const output = (sourceOffset: number) => ({ key: 'aw==', value: 'dg==', sourceOffset });
    const body = {
      ...failures(item(12, { permanent: true, reason: 'no user' }), { itemIdentifier: 'in-0-15' }),
      records: [output(11), output(12), output(15)],
    };
    expect(decide(answer(200, body), situation(mode))).toEqual({
      do: 'done',
      outputs: [{ key: Buffer.from('k'), value: Buffer.from('v'), headers: [], offset: 11 }],
      dead: [{ offset: 12, reason: 'no user', permanent: true }],
      alone: [{ offset: 15, reason: 'failed', permanent: false }],
    });
  });

  test.each([
    ['of an offset that was not sent', { sourceOffset: 3 }],
    ['without an offset', {}],
    ['that is not text', { sourceOffset: 12, value: 7 }],
    ['with odd headers', { sourceOffset: 12, headers: { a: 1 } }],
  ])('an output %s counts as 500', (_, output) => {
    expect(decide(answer(200, { records: [output] }), situation(mode))).toMatchObject({
      do: 'again',
      why: 'failed',
    });
  });

  test('after max-retries on-error decides', () => {
    const usedUp = { failedTries: 5 };
    expect(decide(answer(500), situation(mode, { ...usedUp, onError: 'split' }))).toMatchObject({
      do: 'split',
    });
    expect(decide(answer(500), situation(mode, { ...usedUp, onError: 'dead-letter' }))).toMatchObject({
      do: 'bury',
    });
  });

  test('4xx of a proxy splits as well: the function wrote nothing that matters', () => {
    expect(decide(answer(413, '', { echoed: false }), situation(mode))).toMatchObject({ do: 'split' });
  });
});

describe('ranges', () => {
  test('a list says that nothing was written: the listed ones are cut out', () => {
    const body = failures(item(12, { permanent: true }), item(11));
    expect(decide(answer(200, body), situation('ranges'))).toEqual({
      do: 'cut',
      dead: [
        { offset: 11, reason: 'failed', permanent: false },
        { offset: 12, reason: 'failed', permanent: true },
      ],
    });
  });

  test.each([400, 413, 422])('%i that does not echo the batch id counts as 500', (status) => {
    expect(decide(answer(status, '', { echoed: false }), situation('ranges'))).toMatchObject({
      do: 'again',
      why: 'failed',
    });
  });
});
