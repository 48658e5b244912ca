import { expect, test } from '@jest/globals';
import { parseCommand } from '../../../infra/connector/redrive/command.ts';
import type { Letter } from '../../../infra/connector/redrive/letter.ts';
import { select, summarise } from '../../../infra/connector/redrive/select.ts';

const letter = (given: Partial<Letter>): Letter => ({
  key: 'k',
  at: { partition: 0, offset: 0 },
  functionName: 'f',
  topic: 't',
  topicId: 'id',
  partition: 0,
  offset: 0,
  timestampMs: 0,
  reason: 'bad user id',
  attempts: 1,
  firstSentMs: 0,
  diedMs: 1000,
  valueBytes: 1,
  ...given,
});

const letters = [
  letter({ key: 'c', diedMs: 3000, functionName: 'g' }),
  letter({ key: 'a', diedMs: 1000, partition: 2 }),
  letter({ key: 'b', diedMs: 2000, reason: 'too old' }),
];

test.each([
  [{}, ['a', 'b', 'c']],
  [{ functionName: 'f' }, ['a', 'b']],
  [{ reason: 'user' }, ['a', 'c']],
  [{ partition: 2 }, ['a']],
  [{ topic: 'other' }, []],
  [{ key: 'b' }, ['b']],
  [{ sinceMs: 2000 }, ['b', 'c']],
  [{ sinceMs: 2000, untilMs: 3000 }, ['b']],
  [{ limit: 2 }, ['a', 'b']],
])('selection %p', (selection, expected) => {
  expect(select(letters, selection).map(({ key }) => key)).toEqual(expected);
});

test('a summary counts by function and reason', () => {
  expect(summarise([...letters, letter({ key: 'd' })])).toEqual([
    { functionName: 'f', reason: 'bad user id', count: 2 },
    { functionName: 'f', reason: 'too old', count: 1 },
    { functionName: 'g', reason: 'bad user id', count: 1 },
  ]);
});

test('a command line is understood', () => {
  expect(
    parseCommand(['redrive', '--function', 'f', '--since', '2026-01-01', '--limit', '5', '--dry-run']),
  ).toMatchObject({
    verb: 'redrive',
    selection: { functionName: 'f', sinceMs: Date.parse('2026-01-01'), limit: 5 },
    dryRun: true,
  });
});

test.each([
  [[]],
  [['replay']],
  [['list', 'all']],
  [['redrive']],
  [['purge', '--dry-run']],
  [['list', '--since', 'once']],
  [['list', '--partition', '-1']],
  [['list', '--colour']],
])('%p is refused', (args) => {
  expect(() => parseCommand(args)).toThrow();
});
