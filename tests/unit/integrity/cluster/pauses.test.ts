import { expect, test } from '@jest/globals';
import { longestPause } from '../../../integrity/cluster/pauses.ts';

const window = { from: 1000, to: 2000 };

test.each([
  ['between two moments in the window', [900, 1100, 1150, 1600, 1990, 2010], 450],
  ['begun before it', [400, 1100, 1500, 1900, 2000], 700],
  ['ended after it', [990, 1400, 1800, 2600, 9000], 800],
  ['across all of it', [500, 3000], 2500],
  ['not ended yet', [950, 1200], 800],
  ['without any moment', [], 1000],
  ['only one of others', [100, 700, 980, 1300, 1600, 1900, 2100, 5000], 320],
])('the longest pause, %s', (_, moments, expected) => {
  expect(longestPause(moments, window)).toBe(expected);
});
