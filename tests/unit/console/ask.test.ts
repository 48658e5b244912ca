import { describe, expect, test } from '@jest/globals';
// @ts-expect-error: modules of the browser have no types
import { addressOf, curlOf } from '../../../infra/console/pages/ask/address.js';
// @ts-expect-error: the same
import { linesOf, shapeOf } from '../../../infra/console/pages/ask/shape.js';
// @ts-expect-error: the same
import { statementOf } from '../../../infra/console/pages/ask/statement.js';

describe('addresses', () => {
  const question = { path: '/users/{user_id}/events', parameters: [{ name: 'user_id', place: 'path' }] };

  test('values in the path go there, the others behind', () => {
    const address = addressOf(question, [
      ['user_id', '1/2'],
      ['type', 'a b&c'],
    ]);
    expect(address).toBe('/function/query/users/1%2F2/events?type=a+b%26c');
  });

  test('a quote cannot leave the curl line', () => {
    expect(curlOf("/x?a='; rm -rf ~", 'http://h')).toBe("curl 'http://h/x?a=%27; rm -rf ~'");
  });
});

describe('statements', () => {
  test('counts', () => {
    const chosen = [
      ['by', 'event_type,country'],
      ['granularity', 'day'],
      ['zone', 'Europe/Berlin'],
      ['type', "o'neil"],
      ['property.a\\b', "'"],
    ];
    expect(statementOf('/event-counts', chosen, { from: '2026-11-21T00:00:00.000Z' })).toBe(
      `SELECT toDate(timestamp, 'Europe/Berlin') AS time, event_type, country, count() AS event_count
FROM events_distributed
WHERE timestamp >= toDateTime64('2026-11-21 00:00:00.000', 3, 'UTC')
  AND event_type IN ('o\\'neil')
  AND properties['a\\\\b'] = '\\''
GROUP BY time, event_type, country
ORDER BY event_count DESC, time, event_type, country
LIMIT 10000;`,
    );
  });

  test('users, look-ups, and none for a question not known', () => {
    expect(statementOf('/unique-users', [['granularity', 'all']], {})).toBe(
      'SELECT uniqExact(user_id) AS unique_users\nFROM events_distributed;',
    );
    expect(
      statementOf(
        '/events',
        [
          ['type', 'a"b'],
          ['limit', '5'],
        ],
        { to: '2026-01-01T00:00:00Z' },
      ),
    ).toBe(
      'db.raw_events.find({event_type: "a\\"b", timestamp: {$lt: new Date("2026-01-01T00:00:00Z")}})\n  .sort({timestamp: 1}).limit(5)',
    );
    expect(statementOf('/funnel', [], { sql: 'SELECT 1' })).toBe('SELECT 1;');
    expect(statementOf('/unknown', [], {})).toBeUndefined();
  });
});

describe('the shape of an answer', () => {
  const rows = ['a', 'b', 'c', 'd', 'e'].flatMap((event_type, i) =>
    [0, 1].map((hour) => ({ event_type, hour, event_count: 10 - i })),
  );

  test('time, groups and what is counted', () => {
    expect(shapeOf(rows)).toEqual({
      time: 'hour',
      timeKind: 'number',
      by: ['event_type'],
      measure: 'event_count',
    });
    expect(shapeOf([{ _id: 'x', user_id: 1 }])).toBeUndefined();
    expect(shapeOf([])).toBeUndefined();
  });

  test('the largest groups are lines of their own, the rest is one', () => {
    const { labels, data } = linesOf(rows, shapeOf(rows));
    expect(labels).toEqual(['a', 'b', 'c', '2 others']);
    expect(data).toEqual([
      [0, 1],
      [10, 10],
      [9, 9],
      [8, 8],
      [13, 13],
    ]);
  });

  test.each(['2026-11-22 10:00:00', '2026-11-22T10:00:00Z', '2026-11-22 10:00:00.000'])(
    '%s is a time of UTC',
    (time) => {
      const timed = [{ time, event_count: 1 }];
      expect(linesOf(timed, shapeOf(timed)).data[0]).toEqual([Date.parse('2026-11-22T10:00:00Z') / 1000]);
    },
  );
});
