import { describe, expect, test } from '@jest/globals';
import { classify, type ExceptionState } from '../../../functions/aggregation-check/classify.ts';
import { Counts, compareCounts } from '../../../functions/aggregation-check/counts.ts';

type Row = [partition: number, minute: number, events: number, offsetSum: number];

function counts(...rows: Row[]): Counts {
  const result = new Counts();
  for (const [partition, minute, events, offsetSum] of rows) {
    result.set({ partition, minute }, { events, offsetSum: String(offsetSum) });
  }
  return result;
}

describe('compareCounts', () => {
  test.each<[string, Row[], Row[], [number, number, number, number][]]>([
    ['equal', [[0, 60, 2, 5]], [[0, 60, 2, 5]], []],
    ['one lost', [[0, 60, 2, 5]], [[0, 60, 1, 2]], [[0, 60, 2, 1]]],
    ['one doubled', [[0, 60, 2, 5]], [[0, 60, 3, 8]], [[0, 60, 2, 3]]],
    ['one lost and another doubled', [[0, 60, 2, 5]], [[0, 60, 2, 4]], [[0, 60, 2, 2]]],
    ['a whole minute lost', [[0, 60, 2, 5]], [], [[0, 60, 2, 0]]],
    ['a minute that Kafka does not know', [], [[1, 60, 1, 9]], [[1, 60, 0, 1]]],
    ['nothing left of a minute, and nothing expected', [], [[1, 60, 0, 0]], []],
    [
      'the same minute of two partitions',
      [
        [0, 60, 1, 1],
        [1, 60, 1, 1],
      ],
      [[0, 60, 1, 1]],
      [[1, 60, 1, 0]],
    ],
    [
      'oldest first',
      [
        [1, 120, 1, 1],
        [0, 120, 1, 1],
        [1, 60, 1, 1],
      ],
      [],
      [
        [1, 60, 1, 0],
        [0, 120, 1, 0],
        [1, 120, 1, 0],
      ],
    ],
  ])('%s', (_name, expected, found, mismatches) => {
    expect(compareCounts(counts(...expected), counts(...found))).toEqual(
      mismatches.map(([partition, minute, expectedEvents, foundEvents]) => ({
        partition,
        minute,
        expected: expectedEvents,
        found: foundEvents,
      })),
    );
  });
});

describe('classify', () => {
  const kafka = new Map([
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ]);
  const all = new Map([
    [1, 1],
    [2, 1],
    [3, 1],
  ]);
  const without2 = new Map([
    [1, 1],
    [3, 1],
  ]);
  const said = (state: ExceptionState) => new Map([[2, state]]);
  const none = { lost: [], doubled: [], unexpected: [], onItsWay: [] };
  const second = { partition: 7, offset: 2, event_id: 'b' };

  test.each<[string, Partial<Parameters<typeof classify>[0]>, Partial<ReturnType<typeof classify>>]>([
    ['all there', {}, {}],
    ['lost', { stored: without2 }, { lost: [second] }],
    ['doubled', { stored: new Map([...all, [2, 2]]) }, { doubled: [second] }],
    ['deleted, and not there', { stored: without2, exceptions: said('deleted') }, {}],
    ['deleted, and there again', { exceptions: said('deleted') }, { unexpected: [second] }],
    ['unexpected', { stored: new Map([...all, [9, 1]]) }, { unexpected: [{ partition: 7, offset: 9 }] }],
    ['an open dead letter is not lost', { stored: without2, exceptions: said('open') }, {}],
    ['a purged one neither', { stored: without2, exceptions: said('purged') }, {}],
    ['nor a repeat', { stored: without2, exceptions: said('repeat') }, {}],
    [
      'a redriven one is on its way',
      { stored: without2, exceptions: said('redriven'), retryDone: false },
      { onItsWay: [second] },
    ],
    [
      'until the sink has acknowledged it',
      { stored: without2, exceptions: said('redriven') },
      { lost: [second] },
    ],
    ['a redriven one that arrived', { exceptions: said('redriven'), retryDone: false }, {}],
    ['a log that is gone cannot say what is lost', { kafka: undefined, stored: without2 }, {}],
    [
      'but a store still says what it has twice',
      { kafka: undefined, stored: new Map([[2, 2]]) },
      { doubled: [{ partition: 7, offset: 2, event_id: undefined }] },
    ],
  ])('%s', (_name, given, faults) => {
    expect(
      classify({ partition: 7, kafka, stored: all, exceptions: new Map(), retryDone: true, ...given }),
    ).toEqual({ ...none, ...faults });
  });
});
