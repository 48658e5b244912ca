import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRecord, toRecord } from '../../../infra/gateway/async/envelope.ts';
import { createProgress } from '../../../infra/gateway/async/progress.ts';
import { nextWaitMs, retryPolicyOf } from '../../../infra/gateway/async/retry-policy.ts';

describe('progress of a partition', () => {
  test('the position stands at the first offset that is not done', () => {
    const progress = createProgress(10);
    for (const offset of [12, 11, 15, 14, 20]) progress.done(offset);
    expect(progress.position).toBe(10);
    expect(progress.metadata()).toBe('1-2,4-5,10');
    progress.done(10);
    expect(progress.position).toBe(13);
    expect(progress.metadata()).toBe('1-2,7');
    progress.done(13);
    expect([progress.position, progress.metadata()]).toEqual([16, '4']);
    progress.done(3);
    expect(progress.position).toBe(16);
  });

  test('the next gateway knows exactly what was done, in whatever order', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.array(fc.nat(300)), (start, relative) => {
        const before = createProgress(start);
        for (const offset of relative) before.done(start + offset);
        const after = createProgress(before.position, before.metadata());
        for (let offset = start; offset < start + 320; offset++) {
          expect(after.isDone(offset)).toBe(relative.includes(offset - start));
        }
      }),
    );
  });

  test('metadata stays within what Kafka takes; what does not fit is repeated, never skipped', () => {
    const before = createProgress(0);
    for (let offset = 1; offset < 6000; offset += 2) before.done(offset);
    expect(before.metadata().length).toBeLessThan(4096);
    const after = createProgress(0, before.metadata());
    for (let offset = 0; offset < 6000; offset++) if (after.isDone(offset)) expect(offset % 2).toBe(1);
    expect(after.isDone(1)).toBe(true);
  });

  test.each(['x', '1-', '-1', '1,,2', '999999999999', '{}'])('metadata %s is ignored', (metadata) => {
    expect(createProgress(5, metadata).metadata()).toBe('');
  });
});

describe('queued calls', () => {
  test('come out of a record as they went in', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.array(fc.string()),
        fc.uint8Array(),
        fc.option(fc.webUrl(), { nil: undefined }),
        (callId, path, headers, body, callbackUrl) => {
          const call = {
            callId,
            name: 'f',
            method: 'POST',
            path,
            headers,
            callbackUrl,
            acceptedAtMs: 1,
            body: Buffer.from(body),
          };
          const { value, headers: recordHeaders } = toRecord(call);
          const arrived = Object.fromEntries(
            Object.entries(recordHeaders).map(([k, v]) => [k, Buffer.from(v)]),
          );
          expect(fromRecord({ value, headers: arrived })).toEqual(call);
        },
      ),
    );
  });

  test.each([{}, { headers: {} }, { headers: { call: 'x' } }, { headers: { call: '{}' } }])(
    '%j is none',
    (record) => {
      expect(() => fromRecord({ value: null, ...record })).toThrow(/not a queued call/);
    },
  );
});

describe('when a queued call is made again', () => {
  const usual = retryPolicyOf(undefined);

  test.each([
    [200, 1, undefined],
    [404, 1, undefined],
    [400, 1, undefined],
    [500, 1, 1000],
    [503, 2, 2000],
    [0, 4, 8000],
    [429, 9, 30_000],
    [500, 10, undefined],
    [0, 10, undefined],
  ])('status %i at attempt %i: %s', (status, attempt, waitMs) => {
    expect(nextWaitMs(usual, status, attempt, 1)).toBe(waitMs);
  });

  test('as the annotations say', () => {
    const policy = retryPolicyOf({
      'com.openfaas.retry.attempts': '2',
      'com.openfaas.retry.codes': '404, 500',
      'com.openfaas.retry.min_wait': '100ms',
      'com.openfaas.retry.max_wait': '150ms',
    });
    expect(nextWaitMs(policy, 404, 1, 0)).toBe(75);
    expect(nextWaitMs(policy, 404, 2, 0)).toBeUndefined();
    expect(nextWaitMs(policy, 503, 1, 0)).toBeUndefined();
    expect(retryPolicyOf({ 'com.openfaas.retry.attempts': 'many' }).attempts).toBe(10);
  });
});
