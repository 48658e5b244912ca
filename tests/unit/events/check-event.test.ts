import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventSchema } from '../../../shared/events/event-schema.ts';
import { createEventCheck, parseCategories } from '../../../shared/events/index.ts';
import { isPlainlyValid } from '../../../shared/events/plainly-valid.ts';
import { check, nested, receivedAtMs, sample } from './sample.ts';

const least = { event_type: 'page_view', user_id: 1 };
const json = (text: string) => JSON.parse(text) as unknown;
const day = 86_400_000;

describe('accepted', () => {
  test.each<[string, unknown]>([
    ['the event of the documentation', sample],
    ['the least event', least],
    ['a type of 64 characters', { ...least, event_type: `a${'b'.repeat(63)}` }],
    ['a type with digits, _ and .', { ...least, event_type: 'a.b_9' }],
    ['user 0', { ...least, user_id: 0 }],
    ['user -0', { ...least, user_id: -0 }],
    ['user 2^53-1', { ...least, user_id: Number.MAX_SAFE_INTEGER }],
    ['an id in upper case, of version 4', { ...least, event_id: 'F47AC10B-58CC-4372-A567-0E02B2C3D479' }],
    ['an id of no known version', { ...least, event_id: '00000000-0000-0000-0000-000000000001' }],
    ['time in milliseconds', { ...least, timestamp: receivedAtMs }],
    ['time with an offset', { ...least, timestamp: '2026-11-22T23:59:59+14:00' }],
    ['time in lower case with nine digits', { ...least, timestamp: '2026-11-22t10:15:30.123456789z' }],
    ['a leap second', { ...least, timestamp: '2026-06-30T23:59:60Z' }],
    ['24 hours ahead', { ...least, timestamp: receivedAtMs + day }],
    ['1825 days old', { ...least, timestamp: receivedAtMs - 1825 * day }],
    ['empty optional text', { ...least, session_id: '', country: '', ip: '', user_agent: '' }],
    ['a country in lower case', { ...least, country: 'de' }],
    ['an IPv6 address', { ...least, ip: '2001:db8::1' }],
    ['8 levels', { ...least, properties: nested(8) }],
    [
      '100 keys',
      { ...least, properties: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, i])) },
    ],
    ['32 KiB', { ...least, properties: { a: 'x'.repeat(32_768 - 8) } }],
    ['a key named __proto__', json('{"event_type":"a","user_id":1,"properties":{"__proto__":{"x":1}}}')],
    ['null among the properties', { ...least, properties: { a: null } }],
    [
      'an undescribed property of a described type',
      { ...sample, properties: { anything: [1, { x: true }] } },
    ],
    [
      'amount as text where it is not described',
      { ...least, event_type: 'unheard.of', properties: { amount: 'abc' } },
    ],
    ['a pair of surrogates', { ...least, session_id: '👍' }],
  ])('%s', (_, input) => {
    expect(check(input, receivedAtMs)).toMatchObject({ ok: true });
  });
});

describe('rejected, naming the field', () => {
  const faults: [unknown, string, RegExp][] = [
    [null, 'event', /object/],
    [[], 'event', /object/],
    ['text', 'event', /object/],
    [42, 'event', /object/],
    [{}, 'event_type', /missing/],
    [{ event_type: 'a' }, 'user_id', /missing/],
    [{ ...least, event_type: 'Purchase' }, 'event_type', /beginning with a letter/],
    [{ ...least, event_type: '9a' }, 'event_type', /beginning with a letter/],
    [{ ...least, event_type: '' }, 'event_type', /1 to 64/],
    [{ ...least, event_type: 'a'.repeat(65) }, 'event_type', /1 to 64/],
    [{ ...least, event_type: 'a\n' }, 'event_type', /1 to 64/],
    [{ ...least, event_type: null }, 'event_type', /text/],
    [{ ...least, user_id: -1 }, 'user_id', /whole number/],
    [{ ...least, user_id: 1.5 }, 'user_id', /whole number/],
    [{ ...least, user_id: '12' }, 'user_id', /whole number/],
    [{ ...least, user_id: 2 ** 53 }, 'user_id', /9007199254740991/],
    [json('{"event_type":"a","user_id":1e400}'), 'user_id', /whole number/],
    [{ ...least, event_id: '42' }, 'event_id', /UUID/],
    [{ ...least, event_id: '00000000-0000-0000-0000-000000000000' }, 'event_id', /nil/],
    [{ ...least, event_id: 'ffffffff-FFFF-ffff-ffff-ffffffffffff' }, 'event_id', /max/],
    [{ ...least, event_id: `${sample.event_id}\n` }, 'event_id', /UUID/],
    [{ ...least, timestamp: 'yesterday' }, 'timestamp', /RFC 3339/],
    [{ ...least, timestamp: '2026-11-22' }, 'timestamp', /RFC 3339/],
    [{ ...least, timestamp: '2026-11-22T10:15:30' }, 'timestamp', /offset/],
    [{ ...least, timestamp: '2026-02-29T00:00:00Z' }, 'timestamp', /RFC 3339/],
    [{ ...least, timestamp: '2026-11-22T12:00:60Z' }, 'timestamp', /RFC 3339/],
    [{ ...least, timestamp: 1.5 }, 'timestamp', /RFC 3339/],
    [{ ...least, timestamp: 1e300 }, 'timestamp', /RFC 3339/],
    [{ ...least, timestamp: null }, 'timestamp', /RFC 3339/],
    [{ ...least, timestamp: '9999-12-31T23:59:59Z' }, 'timestamp', /24 hours ahead/],
    [{ ...least, timestamp: receivedAtMs + day + 1 }, 'timestamp', /24 hours ahead/],
    [{ ...least, timestamp: '1970-01-01T00:00:00Z' }, 'timestamp', /older than 1825 days/],
    [{ ...least, timestamp: '0001-01-01T00:00:00Z' }, 'timestamp', /older/],
    [{ ...least, timestamp: receivedAtMs - 1825 * day - 1 }, 'timestamp', /older/],
    [{ ...least, timestamp: Math.floor(receivedAtMs / 1000) }, 'timestamp', /not seconds/],
    [{ ...least, timestamp: -5 }, 'timestamp', /older/],
    [{ ...least, session_id: 'x'.repeat(129) }, 'session_id', /128/],
    [{ ...least, session_id: 7 }, 'session_id', /text/],
    [{ ...least, session_id: '\ud83d' }, 'session_id', /surrogate/],
    [{ ...least, country: 'Germany' }, 'country', /two letters/],
    [{ ...least, country: 'D1' }, 'country', /two letters/],
    [{ ...least, ip: '1.2.3' }, 'ip', /address/],
    [{ ...least, ip: 'fe80::1%eth0' }, 'ip', /address/],
    [{ ...least, ip: '10.0.0.0/8' }, 'ip', /address/],
    [{ ...least, user_agent: 'x'.repeat(1025) }, 'user_agent', /1024/],
    [{ ...least, user_agent: '\udc00' }, 'user_agent', /surrogate/],
    [{ ...least, properties: null }, 'properties', /object/],
    [{ ...least, properties: [] }, 'properties', /object/],
    [{ ...least, properties: nested(9) }, 'properties.a.a.a.a.a.a.a.a', /8 levels/],
    [{ ...least, properties: nested(5000) }, 'properties.a.a.a.a.a.a.a.a', /8 levels/],
    [
      { ...least, properties: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [i, i])) },
      'properties',
      /101/,
    ],
    [{ ...least, properties: { a: 'x'.repeat(32_768) } }, 'properties', /32768/],
    [{ ...least, properties: { a: 'é'.repeat(16_400) } }, 'properties', /32808/],
    [{ ...least, properties: { a: ['\ud800'] } }, 'properties.a.0', /surrogate/],
    [{ ...least, properties: { '\ud800': 1 } }, 'properties.\ufffd', /surrogate/],
    [{ ...least, properties: { 'a\0b': 1 } }, 'properties.a\0b', /U\+0000/],
    [{ ...least, properties: { a: { _bsontype: 'ObjectId' } } }, 'properties.a._bsontype', /reserved/],
    [json('{"event_type":"a","user_id":1,"properties":{"x":1e400}}'), 'properties.x', /larger/],
    [
      json('{"event_type":"a","user_id":1,"properties":{"x":1234567890123456789}}'),
      'properties.x',
      /as text/,
    ],
    [{ ...sample, properties: { amount: 'abc' } }, 'properties.amount', /number/],
    [{ ...sample, properties: { amount: -1 } }, 'properties.amount', /at least 0/],
    [{ ...sample, properties: { currency: 5 } }, 'properties.currency', /text/],
    [{ ...least, event_type: 'rating', properties: { stars: 4.5 } }, 'properties.stars', /whole/],
    [{ ...least, event_type: 'rating', properties: { stars: 6 } }, 'properties.stars', /at most 5/],
    [
      { ...least, event_type: 'login', properties: { success: 'yes' } },
      'properties.success',
      /true or false/,
    ],
    [{ ...least, colour: 'red' }, 'colour', /not a field/],
    [json('{"event_type":"a","user_id":1,"__proto__":{"x":1}}'), '__proto__', /not a field/],
    [{ ...least, constructor: 1 }, 'constructor', /not a field/],
  ];
  test.each(faults.map(([input, field, reason], i) => [i, field, reason, input] as const))(
    '%i: %s',
    (_, field, reason, input) => {
      const result = check(input, receivedAtMs);
      expect(result).toEqual({ ok: false, fault: { field, reason: expect.stringMatching(reason) } });
    },
  );

  test('a field name as long as an event is cut', () => {
    const result = check({ ...least, ['x'.repeat(60_000)]: 1 }, receivedAtMs);
    expect(result.ok ? '' : result.fault.field).toHaveLength(201);
  });
});

test('what is described as required or as a choice is checked so', () => {
  const categories = parseCategories(
    'categories: {c: {t: {properties: {plan: {type: string, values: [a, b], required: true}, o: {type: object}, l: {type: array}}}}}',
  );
  const own = createEventCheck({ categories, retentionDays: 10 });
  const fault = (properties: Record<string, unknown>) => {
    const result = own({ event_type: 't', user_id: 1, properties }, receivedAtMs);
    return result.ok ? 'none' : `${result.fault.field}: ${result.fault.reason}`;
  };
  expect(fault({ plan: 'a', o: {}, l: [] })).toBe('none');
  expect(fault({})).toBe('properties.plan: is missing');
  expect(fault({ plan: 'c' })).toBe('properties.plan: must be one of a, b');
  expect(fault({ plan: 'a', o: [] })).toBe('properties.o: must be an object');
  expect(fault({ plan: 'a', l: {} })).toBe('properties.l: must be an array');
});

test('the checked event is filled in and put into one form', () => {
  expect(check({ ...least, event_id: sample.event_id.toUpperCase(), country: 'de' }, receivedAtMs)).toEqual({
    ok: true,
    event: {
      event_id: sample.event_id,
      event_type: 'page_view',
      category: 'navigation',
      timestamp: receivedAtMs,
      user_id: 1,
      session_id: '',
      country: 'DE',
      ip: '',
      user_agent: '',
      properties: {},
    },
  });
  const negativeZero = check({ ...least, user_id: -0 }, receivedAtMs);
  expect(negativeZero.ok && Object.is(negativeZero.event.user_id, 0)).toBe(true);
});

/** Values that are nearly right, in each field. */
const nearEvent = fc.record(
  {
    event_id: fc.oneof(
      fc.uuid(),
      fc.uuid().map((id) => id.toUpperCase()),
      fc.string(),
      fc.constant(null),
    ),
    event_type: fc.oneof(fc.stringMatching(/^[a-z][a-z0-9_.]{0,70}$/), fc.string(), fc.constant('purchase')),
    timestamp: fc.oneof(
      fc.date({ noInvalidDate: true }).map((d) => d.toISOString()),
      fc.double(),
      fc.integer(),
      fc.string(),
    ),
    user_id: fc.oneof(fc.nat(), fc.integer(), fc.double(), fc.maxSafeInteger(), fc.string()),
    session_id: fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 300 }), fc.nat()),
    country: fc.oneof(fc.stringMatching(/^[A-Za-z]{2}$/), fc.string()),
    ip: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
    user_agent: fc.oneof(fc.string({ maxLength: 1100 }), fc.constant('\ud800')),
    properties: fc.oneof(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 9 })),
      fc.jsonValue(),
      fc.constant({ _bsontype: 1 }),
    ),
    unknown: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

test('what is plainly valid is valid by the schema, and means the same', () => {
  let yes = 0;
  // Most fields right: otherwise nearly nothing would pass.
  const nearlyValid = nearEvent.chain((near) =>
    fc
      .shuffledSubarray(Object.entries(near))
      .map((changed) => ({ ...sample, ...Object.fromEntries(changed.slice(0, 3)) })),
  );
  fc.assert(
    fc.property(fc.oneof(nearEvent, nearlyValid), (event) => {
      if (!isPlainlyValid(event)) return;
      yes += 1;
      const parsed = eventSchema.safeParse(event);
      expect(parsed.error).toBeUndefined();
      expect(parsed.data).toEqual(event);
    }),
    { numRuns: 3000 },
  );
  expect(yes).toBeGreaterThan(100);
});

test('any JSON value is answered, never thrown at, and twice the same', () => {
  fc.assert(
    fc.property(fc.oneof(nearEvent, fc.jsonValue({ maxDepth: 12 }), fc.anything()), (input) => {
      const first = check(input, receivedAtMs);
      expect(check(input, receivedAtMs)).toEqual(first);
      if (!first.ok) {
        expect(first.fault.reason).not.toBe('');
        expect(first.fault.field.isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
