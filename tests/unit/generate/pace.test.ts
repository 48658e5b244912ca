import { expect, test } from '@jest/globals';
import { maxBatch, nextStep } from '../../../functions/generate/pace.ts';

const now = {
  nowMs: 10_000,
  startMs: 10_000,
  pausedMs: 0,
  position: 0,
  remaining: 1e9,
  rate: 1200 as number | undefined,
};

test.each([
  ['without a rate: all that one transaction holds', { rate: undefined }, { write: maxBatch, pausedMs: 0 }],
  ['without a rate: the rest', { rate: undefined, remaining: 7 }, { write: 7, pausedMs: 0 }],
  ['too early: waits for a tenth of a second of events', {}, { waitMs: 100, pausedMs: 0 }],
  ['due', { nowMs: 10_100 }, { write: 121, pausedMs: 0 }],
  ['due, the last ones', { nowMs: 10_100, remaining: 3 }, { write: 3, pausedMs: 0 }],
  [
    'a slow rate: each event when it is due',
    { rate: 0.5, position: 1, nowMs: 11_000 },
    { waitMs: 2000, pausedMs: 0 },
  ],
  ['a little behind: catches up', { nowMs: 12_000 }, { write: 2401, pausedMs: 0 }],
  ['far behind: goes on from now', { nowMs: 70_000, position: 1200 }, { waitMs: 100, pausedMs: 59_000 }],
  [
    'far behind, after an earlier pause',
    { nowMs: 70_000, pausedMs: 59_000, position: 1200 },
    { waitMs: 100, pausedMs: 59_000 },
  ],
])('%s', (_, given, step) => {
  expect(nextStep({ ...now, ...given })).toEqual(step);
});

test('a run that was stopped for a minute writes again, at its rate', () => {
  let state = { ...now, nowMs: 70_000, position: 1200 };
  const before = state.position;
  while (state.nowMs < 80_000) {
    const step = nextStep(state);
    state = { ...state, pausedMs: step.pausedMs };
    if ('waitMs' in step) state.nowMs += step.waitMs;
    else state.position += step.write;
  }
  expect((state.position - before) / 10).toBeGreaterThan(1150);
  expect((state.position - before) / 10).toBeLessThan(1250);
});
