import { expect, test } from '@jest/globals';
import { bytes, count, table } from '../../../infra/platform/terminal/table.ts';

test('columns are as wide as they must be; numbers stand at the right, with thousands apart', () => {
  expect(
    table(
      ['part', 'events'],
      [
        ['a', 12],
        ['longer', 1_234_567],
      ],
    ),
  ).toBe(['part       events', '──────  ─────────', 'a              12', 'longer  1,234,567'].join('\n'));
});

test('colours take no room, absent cells are empty', () => {
  expect(
    table(
      ['state', 'x'],
      [
        ['\u001b[32mok\u001b[39m', undefined],
        ['ready', 'y'],
      ],
    ),
  ).toBe(['state  x', '─────  ─', '\u001b[32mok\u001b[39m', 'ready  y'].join('\n'));
});

test.each([
  [950, '1 kB'],
  [12_345_678, '12 MB'],
  [2_560_000_000, '2.6 GB'],
])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

test('counts', () => expect(count(200_100)).toBe('200,100'));
