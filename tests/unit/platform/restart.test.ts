import { expect, test } from '@jest/globals';
import { failuresAfter, restartDelayMs } from '../../../infra/platform/supervisor/restart.ts';

test('the first restart is quick, further ones wait longer, none more than ten seconds', () => {
  expect([1, 2, 3, 4, 10, 100].map(restartDelayMs)).toEqual([100, 500, 1000, 2000, 10_000, 10_000]);
});

test('failures of a part that had run well are forgotten', () => {
  expect(failuresAfter(5, 1000)).toBe(6);
  expect(failuresAfter(5, 30_000)).toBe(1);
});
