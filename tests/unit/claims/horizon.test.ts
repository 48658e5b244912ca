import { expect, test } from '@jest/globals';
import { horizonOf } from '../../../infra/claims/horizon.ts';

const day = 86_400_000;

test.each([
  ['a partition with a backlog holds back', [5 * day, 2 * day], 6 * day, 2 * day],
  ['after a standstill the backlog meets the claims it would have met', [1 * day], 9 * day, 1 * day],
  ['idle partitions hold nothing back', [], 6 * day, 6 * day],
])('%s', (_, waiting, newest, horizon) => {
  expect(horizonOf(waiting, newest)).toBe(horizon);
});
