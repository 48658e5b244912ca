import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CleanEvent, decodeClean, encodeClean, withSource } from '../../../shared/events/index.ts';
import { decodePlain } from '../../../shared/events/plain-clean-record.ts';
import { receivedAtMs } from './sample.ts';

const event: CleanEvent = {
  event_id: '0192f0c1-7c2e-7d4a-9c57-1f1f0a9b3c55',
  event_type: 'purchase',
  category: 'commerce',
  timestamp: Date.UTC(2026, 10, 22, 10, 15, 30, 123),
  user_id: 12345,
  session_id: 's-91',
  country: 'DE',
  device: 'desktop',
  browser: 'Chrome',
  amount: '19.90',
  currency: 'EUR',
  received_at: receivedAtMs,
  user_agent: 'Mozilla/5.0 …',
  ip: '203.0.113.0',
  raw_partition: 3,
  raw_offset: 42,
  properties: { amount: 19.9, currency: 'EUR', sku: 'A-1' },
};

test('the form that both sinks rely on', () => {
  expect(encodeClean(event)).toBe(
    '{"event_id":"0192f0c1-7c2e-7d4a-9c57-1f1f0a9b3c55","event_type":"purchase","category":"commerce",' +
      '"timestamp":"2026-11-22 10:15:30.123","event_date":"2026-11-22","user_id":12345,"session_id":"s-91","country":"DE",' +
      '"device":"desktop","browser":"Chrome","amount":"19.90","currency":"EUR","received_at":"2026-11-22 12:00:00.000",' +
      '"user_agent":"Mozilla/5.0 …","ip":"203.0.113.0","raw_partition":3,"raw_offset":42,' +
      '"properties":{"amount":19.9,"currency":"EUR","sku":"A-1"}}',
  );
});

test('decoding gives back what was encoded, whatever the text and the values', () => {
  const anyEvent = fc.record({
    event_id: fc.uuid(),
    event_type: fc.stringMatching(/^[a-z][a-z0-9_.]{0,63}$/),
    category: fc.string(),
    timestamp: fc.integer({ min: 0, max: Date.UTC(2148, 0, 1) }),
    user_id: fc.maxSafeNat(),
    session_id: fc.string({ unit: 'grapheme' }),
    country: fc.constantFrom('', 'DE'),
    device: fc.string(),
    browser: fc.string(),
    amount: fc.option(fc.constantFrom('0.00', '-1.50', '9007199254740991.00'), { nil: undefined }),
    currency: fc.option(fc.string(), { nil: undefined }),
    received_at: fc.integer({ min: 0, max: Date.UTC(2148, 0, 1) }),
    user_agent: fc.string({ unit: 'grapheme' }),
    ip: fc.constantFrom('', '10.0.0.0', '2001:db8::'),
    raw_partition: fc.nat(1000),
    raw_offset: fc.maxSafeNat(),
    // JSON has no -0.
    properties: fc.dictionary(fc.string(), fc.jsonValue()).map((p) => JSON.parse(JSON.stringify(p))),
  });
  fc.assert(
    fc.property(anyEvent, (any) => {
      expect(decodeClean(Buffer.from(encodeClean(any)))).toEqual(any);
    }),
    { numRuns: 500 },
  );
});

describe('the short way', () => {
  const plainEvent = { ...event, user_agent: 'Mozilla/5.0' };
  const text = encodeClean(plainEvent);

  test('takes a usual record', () => {
    expect(decodePlain(Buffer.from(text))).toEqual(plainEvent);
    expect(
      decodePlain(
        Buffer.from(encodeClean({ ...plainEvent, properties: { name: 'Zoë', deep: [{ a: null }] } })),
      ),
    ).toBeDefined();
  });

  test('never takes what the long way would read otherwise', () => {
    const piece = fc.constantFrom(
      ...'"\\{},:0-9 .eE',
      '"user_id":1,',
      '"x":{}',
      '\\u0041',
      'é',
      '\u2028',
      '{"a":1}',
      '02-30',
      '1e3',
      '-0',
      '1.50',
      '0.1',
      '9007199254740993',
      '[1,"a",null,true]',
      '"a":{"a":1},',
      '"_bsontype":1,',
      '"7":1,',
    );
    const change = fc.record({
      at: fc.nat(text.length),
      removed: fc.nat(12),
      added: fc.array(piece, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let changed = text;
        for (const { at, removed, added } of changes) {
          changed = changed.slice(0, at) + added.join('') + changed.slice(at + removed);
        }
        const read = decodePlain(Buffer.from(changed));
        if (read === undefined) return;
        // The one form, and so nothing that was passed over.
        expect(encodeClean(read)).toBe(changed);
        expect(JSON.parse(changed)).toMatchObject({ user_id: read.user_id, properties: read.properties });
      }),
      { numRuns: 5000 },
    );
  });
});

test('the source goes in at the front', () => {
  const row = JSON.parse(
    withSource(Buffer.from(encodeClean(event)), { partition: 5, offset: 99 }).toString(),
  );
  expect(row).toMatchObject({ source_partition: 5, source_offset: 99, event_id: event.event_id });
  expect(Object.keys(row)).toHaveLength(20);
});

test('a field of a later release is passed over', () => {
  const later = encodeClean(event).replace(',"properties":', ',"city":"Bonn","properties":');
  expect(decodeClean(Buffer.from(later))).toEqual(event);
});

describe('refused, saying why', () => {
  const text = encodeClean(event);
  test.each([
    ['not UTF-8', Buffer.from([0xff, 0xfe]), /UTF-8/],
    ['not JSON', Buffer.from('{'), /JSON/],
    ['empty', Buffer.from(''), /JSON/],
    ['no object', Buffer.from('[]'), /object/],
    ['a missing field', Buffer.from(text.replace('"user_id":12345,', '')), /user_id/],
    ['a number as text', Buffer.from(text.replace('12345', '"12345"')), /user_id/],
    ['a time that is none', Buffer.from(text.replace('10:15:30.123', '10:15:61.123')), /timestamp/],
    [
      'a day that is not that of the time',
      Buffer.from(text.replace('"event_date":"2026-11-22"', '"event_date":"2026-11-23"')),
      /event_date/,
    ],
    ['an amount with three decimals', Buffer.from(text.replace('"19.90"', '"19.901"')), /amount/],
    ['a repeated key', Buffer.from(text.replace('"country":"DE"', '"country":"DE","country":"DE"')), /form/],
    ['blanks', Buffer.from(text.replace('{"event_id"', '{ "event_id"')), /form/],
    [
      'a source of its own',
      Buffer.from(text.replace(',"properties":', ',"source_offset":1,"properties":')),
      /form/,
    ],
    ['a line end behind it', Buffer.from(`${text}\n`), /form/],
  ])('%s', (_, value, reason) => {
    expect(() => decodeClean(value)).toThrow(reason);
  });
});
