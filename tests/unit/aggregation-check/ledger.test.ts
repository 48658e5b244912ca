import { describe, expect, test } from '@jest/globals';
import { parseKey } from '../../../functions/aggregation-check/dead-letters.ts';
import { eventMinute } from '../../../functions/aggregation-check/event-minute.ts';
import { nextOffset } from '../../../functions/aggregation-check/ledger.ts';
import { choosePieces, joinRanges, pieceKey } from '../../../functions/aggregation-check/pieces.ts';
import {
  countIn,
  emptySegment,
  type Segment,
  segmentAt,
} from '../../../functions/aggregation-check/segment.ts';
import { acknowledgedBy, type Sink } from '../../../functions/aggregation-check/sinks.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { cleanEvent } from '../../support/clean-range.ts';
import { record } from '../connector/records.ts';

const eventAt = (offset: number, minute: number) =>
  record(offset, { value: encodeClean(cleanEvent(offset, { timestamp: minute * 60_000 + 59_999 })) });

describe('eventMinute', () => {
  test('the minute of the event, wherever its time stands', () => {
    const text = encodeClean(cleanEvent(1, { timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 6) }));
    const minute = Date.UTC(2026, 0, 2, 3, 4);
    expect(eventMinute(Buffer.from(text))).toBe(minute);
    const long = encodeClean(
      cleanEvent(1, { category: 'c'.repeat(5000), timestamp: Date.UTC(2026, 0, 2, 3, 4, 5, 6) }),
    );
    expect(eventMinute(Buffer.from(long))).toBe(minute);
    const among = Buffer.from(`${text}"timestamp":"2027-01-01 00:00:00.000"`);
    expect(eventMinute(among, 0, text.length)).toBe(minute);
    expect(eventMinute(among, 1, text.length)).toBe(minute);
    expect(eventMinute(among, text.length - 5, text.length)).toBeUndefined();
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['no JSON', Buffer.from('x')],
    ['a time that is none', Buffer.from('{"timestamp":"2026-02-30 00:00:00.000"}')],
  ])('%s has none', (_name, value) => {
    expect(eventMinute(value)).toBeUndefined();
  });
});

describe('segments', () => {
  test('count by minute, with the sum of offsets, and leave no gap', () => {
    const done: Segment[] = [];
    let segment = emptySegment(2, 9990);
    for (const each of [eventAt(9990, 1), eventAt(9992, 1), eventAt(9999, 2), eventAt(30_005, 1)]) {
      segment = segmentAt(segment, each.offset, done);
      countIn(segment, each);
    }
    expect(done).toEqual([
      {
        partition: 2,
        firstOffset: 9990,
        endOffset: 30_000,
        minutes: new Map([
          [60_000, { events: 2, offsetSum: 19_982 }],
          [120_000, { events: 1, offsetSum: 9999 }],
        ]),
      },
    ]);
    expect(segment).toMatchObject({ firstOffset: 30_000, endOffset: 30_006 });
  });

  test('what is no event is passed over, not counted', () => {
    const segment = emptySegment(0, 0);
    countIn(segment, record(4, { value: '?' }));
    expect(segment).toMatchObject({ endOffset: 5, minutes: new Map() });
    countIn(segment, record(5, { value: null }));
    expect(segment).toMatchObject({ endOffset: 6, minutes: new Map() });
  });

  test.each([
    ['nothing read, nothing written: the beginning of the log', undefined, undefined, 7, 7],
    [
      'where this process stopped',
      { ...emptySegment(0, 0), endOffset: 42 },
      { firstOffset: 0, endOffset: 42 },
      0,
      42,
    ],
    [
      'an unfinished segment of another process: again from its beginning',
      undefined,
      { firstOffset: 10_000, endOffset: 10_500 },
      0,
      10_000,
    ],
    [
      'a whole segment of another process: behind it',
      undefined,
      { firstOffset: 0, endOffset: 10_000 },
      0,
      10_000,
    ],
    [
      'an unfinished one whose beginning the log has lost: behind it',
      undefined,
      { firstOffset: 0, endOffset: 500 },
      200,
      500,
    ],
    ['the log begins later', undefined, { firstOffset: 0, endOffset: 500 }, 900, 900],
    [
      'the log begins behind where this process stopped',
      { ...emptySegment(0, 0), endOffset: 42 },
      undefined,
      50,
      50,
    ],
  ])('reads on: %s', (_name, segment, written, start, offset) => {
    expect(nextOffset(segment, written, start)).toBe(offset);
  });
});

describe('pieces', () => {
  const piece = (from: number, events: number) => ({ partition: 0, from, to: from + 10, events });

  test('those never counted come first, newest first; then the one counted longest ago', () => {
    const pieces = [piece(0, 5), piece(10, 5), piece(20, 5), piece(30, 5)];
    const counted = new Map([
      [pieceKey(piece(0, 5)), 200],
      [pieceKey(piece(10, 5)), 100],
    ]);
    const offsets = (most: number, again = most) =>
      choosePieces(pieces, counted, { most, again }).map(({ from }) => from);
    expect(offsets(5)).toEqual([30]);
    expect(offsets(6)).toEqual([20, 30]);
    expect(offsets(15)).toEqual([10, 20, 30]);
    expect(offsets(1000)).toEqual([0, 10, 20, 30]);
    expect(offsets(1000, 0)).toEqual([20, 30]);
    expect(offsets(1000, 1)).toEqual([10, 20, 30]);
  });

  test('a piece that has grown is another', () => {
    expect(
      choosePieces(
        [{ ...piece(0, 5), to: 11 }, piece(50, 9)],
        new Map([
          [pieceKey(piece(0, 5)), 1],
          [pieceKey(piece(50, 9)), 1],
        ]),
        { most: 1, again: 1 },
      ),
    ).toEqual([{ ...piece(0, 5), to: 11 }]);
  });

  test('neighbours become one range', () => {
    expect(joinRanges([piece(0, 1), piece(10, 1), piece(30, 1), { ...piece(40, 1), partition: 1 }])).toEqual([
      { partition: 0, from: 0, to: 20 },
      { partition: 0, from: 30, to: 40 },
      { partition: 1, from: 40, to: 50 },
    ]);
  });
});

describe('acknowledgedBy', () => {
  const bounds = {
    start: new Map([
      [0, 0],
      [1, 5],
    ]),
    end: new Map([
      [0, 10],
      [1, 20],
    ]),
  };
  const positions = (mongo: [number, number][], clickhouse: [number, number][]) =>
    new Map<Sink, Map<number, number>>([
      ['mongo-write', new Map(mongo)],
      ['clickhouse-write', new Map(clickhouse)],
    ]);

  test.each([
    [
      'both at the end',
      positions(
        [
          [0, 10],
          [1, 20],
        ],
        [
          [0, 10],
          [1, 20],
        ],
      ),
      [
        [0, 10],
        [1, 20],
      ],
      [],
    ],
    [
      'the slower one counts',
      positions(
        [
          [0, 4],
          [1, 20],
        ],
        [
          [0, 10],
          [1, 18],
        ],
      ),
      [
        [0, 4],
        [1, 18],
      ],
      [
        { sink: 'mongo-write', offsets: 6 },
        { sink: 'clickhouse-write', offsets: 2 },
      ],
    ],
    [
      'one has not begun',
      positions(
        [],
        [
          [0, 10],
          [1, 20],
        ],
      ),
      [
        [0, 0],
        [1, 5],
      ],
      [{ sink: 'mongo-write', offsets: 25 }],
    ],
    [
      'both are already further',
      positions(
        [
          [0, 12],
          [1, 22],
        ],
        [
          [0, 12],
          [1, 22],
        ],
      ),
      [
        [0, 10],
        [1, 20],
      ],
      [],
    ],
  ])('%s', (_name, given, offsets, waiting) => {
    expect(acknowledgedBy(bounds, given)).toEqual({
      offsets: new Map(offsets as [number, number][]),
      waiting,
    });
  });
});

describe('parseKey', () => {
  test.each([
    ['mongo-write/abc_-/3/42', { sink: 'mongo-write', topicId: 'abc_-', partition: 3, offset: 42 }],
    ['transform/abc/3/42', undefined],
    ['mongo-write/abc/x/42', undefined],
    ['', undefined],
  ])('%s', (key, parsed) => {
    expect(parseKey(key)).toEqual(parsed);
  });
});
