import fc from 'fast-check';
import type { CleanEvent } from '../../shared/events/clean-event.ts';

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1000),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n)),
  fc.constantFrom(
    0,
    0.1,
    -0.5,
    0.000001,
    0.0000001,
    2 ** 31,
    -(2 ** 31),
    2 ** 31 - 1,
    1e15,
    123456789012345.6,
  ),
);
const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '\u007f', '\u2028'),
);
const key = text.map((name) => name.replaceAll('\0', '')).filter((name) => name !== '_bsontype');
const { tree: properties } = fc.letrec<{ tree: Record<string, unknown>; value: unknown }>((tie) => ({
  tree: fc.dictionary(key, tie('value'), { maxKeys: 8, depthIdentifier: 'p' }),
  value: fc.oneof(
    { depthIdentifier: 'p', maxDepth: 4 },
    number,
    text,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'p' }),
    tie('tree'),
  ),
}));
/** Fields of a clean event that both stores take, plain and odd ones. */
export const eventFields: fc.Arbitrary<Partial<CleanEvent>> = fc.record({
  user_id: fc.maxSafeNat(),
  timestamp: fc.integer({ min: 0, max: Date.UTC(2105, 0, 1) }),
  received_at: fc.integer({ min: 0, max: Date.UTC(2148, 0, 1) }),
  session_id: text,
  user_agent: text,
  category: text,
  amount: fc.option(fc.constantFrom('0.00', '-1.50'), { nil: undefined }),
  currency: fc.option(text, { nil: undefined }),
  raw_offset: fc.maxSafeNat(),
  // JSON has no -0.
  properties: properties.map((each) => JSON.parse(JSON.stringify(each))),
});
