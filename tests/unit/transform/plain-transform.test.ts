import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPlainTransform } from '../../../functions/transform/plain-transform.ts';
import { createRecordTransform } from '../../../functions/transform/transform-record.ts';
import { OutputList } from '../../../shared/batch/output-list.ts';
import type { BatchInfo, BatchRecord } from '../../../shared/batch/types.ts';
import { createEventCheck, parseCategories } from '../../../shared/events/index.ts';
import { createClientReader } from '../../../shared/events/user-agent.ts';
import { eventFields } from '../../support/arbitrary-events.ts';
import { generatedEvents } from '../../support/generated-events.ts';
import { receivedAtMs, rules, sample } from '../events/sample.ts';

const batch = { topicId: 'topic-id', partition: 3 } as BatchInfo;

/** Of every kind of rule, with names that cannot be the key of a plain object, and values that break rules by a hair. */
const strict = {
  categories: parseCategories(`
categories:
  own:
    bounded:
      properties:
        n: { type: number, min: 0.1, max: 1.1 }
        i: { type: integer, min: -3, max: 100 }
        s: { type: string, max_length: 4 }
        v: { type: string, values: [a, "é", "\\ud800"] }
        b: { type: boolean }
        l: { type: array }
        o: { type: object }
        amount: { type: number, max: 1000 }
    needing:
      properties:
        n: { type: number, required: true }
    odd_names:
      properties:
        '"': { type: number, required: true }
    half_name:
      properties:
        "\\ud800": { type: number, required: true }
    number_name:
      properties:
        '7': { type: number, required: true }
`),
  retentionDays: 10,
};

/** Both ways over one record; whether the short one took it. */
function bothWays(given: typeof strict) {
  const readClient = createClientReader();
  const transformPlain = createPlainTransform({ ...given, readClient });
  const transformRecord = createRecordTransform({ check: createEventCheck(given), readClient });
  return (
    value: Buffer | undefined,
    more: Partial<BatchRecord<Buffer>> = {},
    of: BatchInfo | undefined = batch,
  ) => {
    const record: BatchRecord<Buffer> = {
      topic: 'events_raw',
      partition: 3,
      offset: 42,
      timestamp: receivedAtMs,
      timestampType: 'CREATE_TIME',
      value,
      headers: [],
      ...more,
    };
    const taken = new OutputList(record.offset);
    const claim = transformPlain(record, of, taken);
    if (claim === undefined) {
      expect(taken.count).toBe(0);
      return false;
    }
    const long = transformRecord(record, of);
    if (!long.ok) throw new Error(`taken, although ${long.reason}: ${value}`);
    const expected = new OutputList(record.offset);
    expected.append(long.output, record.offset);
    expect({ claim, records: readable(taken) }).toEqual({ claim: long.claim, records: readable(expected) });
    return true;
  };
}

const readable = (outputs: OutputList) =>
  outputs
    .records()
    .map(({ key, value, ...rest }) => ({ key: String(key), value: value?.toString('latin1'), ...rest }));

const json = (value: unknown) => JSON.stringify(value);
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '\u007f\u2028'),
);
const long = (most: number) =>
  fc.constantFrom(
    ...[most - 1, most, most + 1].flatMap((n) => ['a'.repeat(n), 'é'.repeat(n), 'é'.repeat(n / 2)]),
  );
const dayMs = 86_400_000;
const time = fc.oneof(
  fc.integer({ min: receivedAtMs - 9 * dayMs, max: receivedAtMs + dayMs }),
  fc.constantFrom(...[-1, 0, 1].flatMap((n) => [receivedAtMs - 10 * dayMs + n, receivedAtMs + dayMs + n])),
);
const numberTexts =
  '0 -0 -0.0 0.10 -0.5 0.005 1.1 1.11 1.100 0.1 0.09 -3 -4 1e2 1E2 100 101 01 1. .5 - 1000 1000.01 999.999 0.0000001 123456789012345 1234567890123456 9007199254740993 12345678901234.56'.split(
    ' ',
  );
const oddValue = fc.oneof(
  fc.constantFrom(...numberTexts, 'nul', '{"n":{"n":1}}', '[1,{"a":"b"}]', '"\\u0041"', '{"_bsontype":1}'),
  text.map(json),
  fc.constantFrom('éé', 'ééé', 'aaaa', 'aaaaa', '€'.repeat(6), 'A'.repeat(16), 'A'.repeat(17)).map(json),
  fc.integer({ min: -10_000_000, max: 10_000_000 }).map((n) => json(n / 1000)),
);
/** What mostly keeps the rules above, and what does not. */
const property = (name: string, ...usual: string[]) =>
  fc
    .oneof({ weight: 3, arbitrary: fc.constantFrom(...usual) }, oddValue)
    .map((value) => `"${name}":${value}`);
const someProperty = fc.oneof(
  property('n', '1', '0.1', '1.1', '0.25'),
  property('i', '-3', '100', '0'),
  property('s', '"abcd"', '"abcde"', '""', '"é"'),
  property('v', '"a"', '"é"'),
  property('b', 'true', 'false'),
  property('l', '[]', '[1,"a",null]'),
  property('o', '{}', '{"a":{"b":[0.5]}}'),
  property('amount', '19.9', '19', '0.125', '0.05', '-3', '-0.5', '"1"', 'null'),
  property('currency', '"EUR"', '""', '1', json('A'.repeat(16)), json('A'.repeat(17))),
  property('x', '1', 'null', '"x"'),
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"7":1',
      '"\\u006e":1',
      '"\ufffd":1',
      '"__proto__":1',
      '"_bsontype":1',
      '"\\"":1',
    ),
  },
);
const propertiesText = fc.oneof(
  { weight: 5, arbitrary: fc.array(someProperty, { maxLength: 4 }).map((all) => `{${all.join()}}`) },
  eventFields.map(({ properties }) => json(properties)),
);

/** JSON text of a field: as it should be, and otherwise. */
const field = (name: string, usual: fc.Arbitrary<string>, odd: fc.Arbitrary<string>) => {
  const named = (value: string) => `"${name}":${value}`;
  return { usual: usual.map(named), odd: odd.map(named) };
};
const fields = {
  event_type: field(
    'event_type',
    fc
      .oneof(
        { weight: 4, arbitrary: fc.constantFrom('bounded', 'unknown.type') },
        fc.constantFrom('needing', 'odd_names', 'half_name', 'number_name'),
      )
      .map(json),
    fc.constantFrom('A', '', 'a'.repeat(64), 'a'.repeat(65), 'a-b', 'é').map(json),
  ),
  user_id: field(
    'user_id',
    fc.nat().map(String),
    fc.constantFrom(...numberTexts, '9007199254740991', '9007199254740992', '"5"'),
  ),
  event_id: field(
    'event_id',
    fc.uuid().map(json),
    fc.oneof(
      fc
        .constantFrom(
          '00000000-0000-0000-0000-000000000000',
          'ffffffff-ffff-ffff-ffff-ffffffffffff',
          '',
          sample.event_id.slice(1),
        )
        .map(json),
      fc.uuid().map((id) => json(id.toUpperCase())),
    ),
  ),
  timestamp: field(
    'timestamp',
    fc.oneof(
      time.map(String),
      time.map((ms) => json(new Date(ms))),
    ),
    fc.constantFrom(
      '"2026-11-22T10:15:30Z"',
      '"2026-11-22t10:15:30.123z"',
      '"2026-11-22 10:15:30.123Z"',
      '"2026-11-31T10:15:30.123Z"',
      '"2026-11-22T24:00:00.000Z"',
      '"2026-11-21T23:59:60.000Z"',
      '"2026-11-22T10:15:30.1234"',
      '"2026-11-22T10:15:30.123+01:00"',
      '1.5',
      '-1',
      '1e12',
      '1.7e12',
      'null',
    ),
  ),
  session_id: field(
    'session_id',
    text.map(json),
    fc.oneof(long(128).map(json), fc.constantFrom('"\\ud800"', 'null', '5')),
  ),
  country: field(
    'country',
    fc.constantFrom('""', '"DE"', '"US"'),
    fc.constantFrom('"de"', '"D"', '"DEU"', '"D1"', '"É"', 'null'),
  ),
  ip: field(
    'ip',
    fc.oneof(fc.ipV4(), fc.ipV6()).map(json),
    fc
      .constantFrom(
        '',
        '1.2.3',
        '1.2.3.4.5',
        '01.2.3.4',
        '1.2.3.256',
        '1.2.3.4:',
        '::ffff:1.2.3.4',
        '::1',
        'fe80::1%eth0',
        '1:2:3::',
        '1:2:3:4:5:6:7:8',
        '1:02:3::',
        '1:2:0::',
        'A:B:C::',
      )
      .map(json),
  ),
  user_agent: field(
    'user_agent',
    fc.oneof(text, fc.constant(sample.user_agent)).map(json),
    long(1024).map(json),
  ),
  properties: field('properties', propertiesText, fc.constantFrom('[]', 'null', '5', '{', '{"a":1}}')),
};
const other = fc.constantFrom(
  '"x":1',
  '"__proto__":{}',
  '"user_id":5',
  '"properties":{}',
  '',
  '"timestamp":1',
  ' "country":"DE"',
);
const usualFields = fc.record(
  Object.fromEntries(Object.entries(fields).map(([name, { usual }]) => [name, usual])),
  { requiredKeys: ['event_type', 'user_id'] },
);
/** At most one field is odd, or comes twice, or is none of an event. */
const change = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  ...Object.entries(fields).map(([name, { odd }]) => odd.map((value) => ({ [name]: value }))),
  other.map((value) => ({ other: value })),
);
const eventText = fc
  .tuple(usualFields, change)
  .chain(([usual, changed]) => {
    const parts = Object.values({ ...usual, ...changed });
    return fc.shuffledSubarray(parts, { minLength: parts.length });
  })
  .map((parts) => Buffer.from(`{${parts.join()}}`));

test('what the short way takes comes out as the long way has it, whatever the event holds', () => {
  const run = bothWays(strict);
  let taken = 0;
  fc.assert(
    fc.property(eventText, fc.maxSafeNat(), (value, offset) => {
      if (run(value, { offset })) taken++;
    }),
    { numRuns: 10_000 },
  );
  // Else nothing was tested.
  expect(taken).toBeGreaterThan(1000);
});

test('the same for good events of which bytes were changed', () => {
  const run = bothWays(rules);
  const generated = generatedEvents(30, receivedAtMs, rules.categories).map(({ value }) => value);
  const good = [Buffer.from(json(sample)), ...generated];
  const piece = fc.oneof(
    fc
      .constantFrom(
        ...'"\\{},:0-9 .eE',
        '"user_id":1,',
        '{}',
        '\\u0041',
        'é',
        '\u2028',
        '-0',
        '"amount":1.5,',
        '"currency":"",',
        '[1]',
      )
      .map((each) => Buffer.from(each)),
    fc.uint8Array({ maxLength: 2 }).map((bytes) => Buffer.from(bytes)),
  );
  const change = fc.record({ at: fc.nat(600), removed: fc.nat(3), added: piece });
  fc.assert(
    fc.property(
      fc.constantFrom(...good),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      (event, changes) => {
        let changed = event;
        for (const { at, removed, added } of changes) {
          changed = Buffer.concat([changed.subarray(0, at), added, changed.subarray(at + removed)]);
        }
        run(changed);
      },
    ),
    { numRuns: 5000 },
  );
});

test('records that are not as they mostly are', () => {
  const run = bothWays(rules);
  const value = Buffer.from(json(sample));
  expect(run(value)).toBe(true);
  expect(run(value, { offset: 0, partition: 0 }, undefined)).toBe(true);
  expect(run(value, { headers: [{ traceparent: [1] }] })).toBe(false);
  expect(run(undefined)).toBe(false);
  for (const timestamp of [Number.NaN, 1.5, -1, 9e15, Date.UTC(2000, 0, 1), Date.UTC(2100, 0, 1)])
    run(value, { timestamp });
});

test('nearly all that generate makes goes the short way', () => {
  const run = bothWays(rules);
  const events = generatedEvents(2000, receivedAtMs, rules.categories);
  expect(events.filter(({ value }) => run(value)).length).toBeGreaterThan(events.length * 0.98);
});
