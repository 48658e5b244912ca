import { describe, expect, test } from '@jest/globals';
import { BSON } from 'mongodb';
import { documentOf } from '../../../shared/sink/document.ts';
import { readRange } from '../../../shared/sink/read-range.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';

function stored(fields: Parameters<typeof cleanEvent>[1]) {
  const { event, batch } = cleanRange([cleanEvent(1, fields)], { partition: 4, first: 77 });
  const [record] = readRange(event, batch).records;
  if (record === undefined) throw new Error('refused');
  return BSON.deserialize(BSON.serialize(documentOf(record)));
}

describe('documentOf', () => {
  test('the event as it was sent, and where it came from', () => {
    const event = cleanEvent(1);
    expect(stored({})).toEqual({
      _id: event.event_id,
      event_type: 'purchase',
      timestamp: new Date(event.timestamp),
      user_id: 12_345,
      session_id: 's-91',
      country: 'DE',
      category: 'commerce',
      properties: { amount: 19.9, currency: 'EUR', sku: 'A-1' },
      user_agent: 'Mozilla/5.0',
      ip: '203.0.113.0',
      received_at: new Date(event.received_at),
      source: { raw: { partition: 1, offset: 7 }, clean: { partition: 4, offset: 77 } },
    });
  });

  test('properties keep their types', () => {
    const properties = {
      whole: 1,
      large: 2 ** 53 - 1,
      float: 1.5,
      yes: true,
      nothing: null,
      list: [1, 'a', { b: [] }],
      'dotted.name': 1,
      $dollar: 1,
      '': 'empty name',
    };
    expect(stored({ properties }).properties).toEqual(properties);
  });

  test('a property named __proto__ stays one', () => {
    const properties = JSON.parse('{"__proto__":{"a":1}}');
    expect(Object.entries(stored({ properties }).properties)).toEqual([['__proto__', { a: 1 }]]);
  });

  test('the largest user id is exact', () => {
    expect(stored({ user_id: Number.MAX_SAFE_INTEGER }).user_id).toBe(Number.MAX_SAFE_INTEGER);
  });
});
