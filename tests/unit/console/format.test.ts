import { expect, test } from '@jest/globals';
// @ts-expect-error: modules of the browser have no types
import { bytes, compact, duration, rate } from '../../../infra/console/format/numbers.js';
// @ts-expect-error: the same
import { readList, readPairs } from '../../../infra/console/pages/deploy/read-pairs.js';

test.each([
  [duration, null, '–'],
  [duration, 0, '0 s'],
  [duration, 0.0032, '3.2 ms'],
  [duration, 1.44, '1.44 s'],
  [duration, 125, '2 min 5 s'],
  [duration, 3600, '1 h'],
  [duration, 90_061, '1 d 1 h'],
  [rate, 0, '0'],
  [rate, 0.05, '0.05'],
  [rate, 0.001, '<0.01'],
  [rate, 1234.5, '1,235'],
  [rate, 15_000, '15K'],
  [compact, 999, '999'],
  [compact, 12_345, '12.3K'],
  [bytes, 1536, '1.5 KiB'],
  [bytes, undefined, '–'],
])('%p %p', (format: (value: unknown) => string, value, expected) => {
  expect(format(value)).toBe(expected);
});

test('pairs', () => {
  expect(readPairs('A=1\n\n B = x=y ', 'Environment')).toEqual({ A: '1', B: 'x=y' });
  expect(() => readPairs('A=1\nnothing', 'Environment')).toThrow('Environment, line 2: must be name=value.');
  expect(readList(' a, ,b')).toEqual(['a', 'b']);
});
