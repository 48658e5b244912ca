import { describe, expect, test } from '@jest/globals';
import { originalPositionHeaders } from '../../../shared/batch/original-position.ts';
import { readRange } from '../../../shared/sink/read-range.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';

const text = (value: string) => Buffer.from(value, 'utf8');
const refused: [string, Parameters<typeof cleanRange>[0][number], RegExp][] = [
  ['no value', null, /no value/],
  ['an empty value', text(''), /not JSON/],
  ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe]), /UTF-8/],
  ['JSON that is no object', text('[1]'), /object/],
  ['an event that lacks fields', text('{"event_id":"x"}'), /event_id/],
  ['half a character in a property', cleanEvent(1, { properties: { a: '\ud800' } }), /surrogate/],
  ['half a character in text', cleanEvent(1, { session_id: '\udc00' }), /session_id/],
  ['a property name that BSON cannot hold', cleanEvent(1, { properties: { 'a\0b': 1 } }), /properties/],
  [
    'a property name that the driver would take for a type',
    cleanEvent(1, { properties: { _bsontype: 'Long' } }),
    /properties/,
  ],
  ['properties nested too deep', cleanEvent(1, { properties: nested(60) }), /nested/],
  [
    'a time whose minute ClickHouse cannot hold',
    cleanEvent(1, { timestamp: Date.UTC(2106, 0, 1) }),
    /timestamp/,
  ],
  ['a negative user id', cleanEvent(1, { user_id: -1 }), /user_id/],
];

describe('readRange', () => {
  test.each(refused)('refuses %s, permanently and with the reason', (_name, value, reason) => {
    const { event, batch } = cleanRange([cleanEvent('good'), value], { first: 40 });
    const { failures, records } = readRange(event, batch);
    expect(records).toHaveLength(1);
    expect(failures).toEqual([
      {
        itemIdentifier: { partition: 'events_clean-3', offset: 41 },
        reason: expect.stringMatching(reason),
        permanent: true,
      },
    ]);
  });

  test('gives the events with their bytes and their places', () => {
    const { event, batch } = cleanRange([cleanEvent(1), cleanEvent(2)], { first: 7, partition: 2 });
    const { records, failures } = readRange(event, batch);
    expect(failures).toEqual([]);
    expect(records.map(({ source }) => source)).toEqual([
      { partition: 2, offset: 7 },
      { partition: 2, offset: 8 },
    ]);
    expect(records[1]?.event).toEqual(cleanEvent(2));
  });

  test('a redriven record stands where it first stood', () => {
    const { event, batch } = cleanRange([cleanEvent(1)], { first: 7 });
    const bytes = (value: string) => [...Buffer.from(value)];
    const [record] = Object.values(event.records).flat();
    record?.headers.push(
      { [originalPositionHeaders.topicId]: bytes('first-topic') },
      { [originalPositionHeaders.partition]: bytes('5') },
      { [originalPositionHeaders.offset]: bytes('4242') },
      { [originalPositionHeaders.timestamp]: bytes('1700000000000') },
    );
    expect(readRange(event, batch).records[0]?.source).toEqual({ partition: 5, offset: 4242 });
  });

  test('is no range: several partitions, or none', () => {
    const { event, batch } = cleanRange([cleanEvent(1)]);
    expect(() => readRange({ ...event, records: {} }, batch)).toThrow(/not 0/);
    expect(() => readRange({ ...event, records: { ...event.records, 'b-1': [] } }, batch)).toThrow(/not 2/);
  });
});

function nested(levels: number): Record<string, unknown> {
  let node: Record<string, unknown> = {};
  for (let i = 0; i < levels; i++) node = { a: node };
  return node;
}
