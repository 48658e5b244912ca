import { limits } from './limits.ts';

/**
 * Recognises JSON objects that are written in the plainest way, as `JSON.stringify` writes them and without anything
 * that could be written otherwise: no blanks, no escapes, no key twice, no number that needs more than 15 digits. What it
 * takes is checked by `checkProperties`'s rules too. It only ever says yes or "look closer".
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Objects with more keys are looked at closer. */
const MOST_KEYS = 32;
/** Any whole number of so many digits, and any decimal number, is exact in both directions. */
const MOST_DIGITS = 15;
/** Smaller fractions would be written with an exponent. */
const MOST_FRACTION_DIGITS = 6;

const reserved = Buffer.from('_bsontype');
const literals = ['true', 'false', 'null'].map((text) => Buffer.from(text));

/** Where the keys of the objects around the current place begin and end. */
const keys = new Int32Array(2 * (MOST_KEYS + 1) * (limits.propertyLevels + 1));
let keyCount = 0;

/**
 * The position behind the object that begins at `at`, or -1 when it is not plain. The bytes are UTF-8.
 */
export function plainObjectEnd(bytes: Buffer, at: number): number {
  keyCount = 0;
  return objectEnd(bytes, at, 1);
}

/** Of up to `MOST_KEYS` properties: where each one's key and value begin and end, quotes within the value's. */
export type PropertyMarks = Int32Array;
export const propertyMark = { key: 0, keyEnd: 1, value: 2, valueEnd: 3, each: 4 } as const;
export const newPropertyMarks = (): PropertyMarks => new Int32Array(propertyMark.each * MOST_KEYS);

/** Marks the properties of the object that `plainObjectEnd` took last, up to before `end`, and returns how many they are. */
export function markProperties(end: number, marks: PropertyMarks): number {
  for (let i = 0; i < keyCount; i++) {
    const first = propertyMark.each * i;
    const keyEnd = keys[2 * i + 1] as number;
    marks[first + propertyMark.key] = keys[2 * i] as number;
    marks[first + propertyMark.keyEnd] = keyEnd;
    marks[first + propertyMark.value] = keyEnd + 2;
    // Behind it stand a comma and the quote of the next key, or the closing brace.
    marks[first + propertyMark.valueEnd] = i + 1 < keyCount ? (keys[2 * i + 2] as number) - 2 : end - 1;
  }
  return keyCount;
}

/** The position of the quote that ends a text which begins at `at`, or -1 when the text has an escape or none ends it. */
export function plainTextEnd(bytes: Buffer, at: number): number {
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) return i;
    if (byte < 0x20 || byte === BACKSLASH) return -1;
  }
  return -1;
}

/** Whether `text` stands at `at`. */
export function standsAt(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

function objectEnd(bytes: Buffer, start: number, level: number): number {
  if (bytes[start] !== 0x7b || level > limits.propertyLevels) return -1;
  let at = start + 1;
  if (bytes[at] === 0x7d) return at + 1;
  const firstKey = keyCount;
  for (;;) {
    if (bytes[at] !== QUOTE) return -1;
    const end = plainTextEnd(bytes, at + 1);
    if (end < 0 || bytes[end + 1] !== COLON || !isNewKey(bytes, at + 1, end, firstKey)) return -1;
    at = valueEnd(bytes, end + 2, level);
    if (at < 0) return -1;
    const byte = bytes[at++];
    if (byte === COMMA) continue;
    // Those of the outermost object stay.
    if (level > 1) keyCount = firstKey;
    return byte === 0x7d ? at : -1;
  }
}

/** Notes a key. One like a number moves to the front when it is written again, and two of one name become one. */
function isNewKey(bytes: Buffer, start: number, end: number, firstKey: number): boolean {
  const first = bytes[start] as number;
  if (first >= ZERO && first <= NINE) return false;
  if (keyCount - firstKey >= MOST_KEYS) return false;
  const length = end - start;
  if (length === reserved.length && standsAt(bytes, start, reserved)) return false;
  for (let i = firstKey; i < keyCount; i++) {
    const other = keys[2 * i] as number;
    if ((keys[2 * i + 1] as number) - other === length && isSame(bytes, other, start, length)) return false;
  }
  keys[2 * keyCount] = start;
  keys[2 * keyCount + 1] = end;
  keyCount++;
  return true;
}

function isSame(bytes: Buffer, one: number, other: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[one + i] !== bytes[other + i]) return false;
  return true;
}

function valueEnd(bytes: Buffer, at: number, level: number): number {
  const byte = bytes[at] as number;
  switch (byte) {
    case QUOTE: {
      const end = plainTextEnd(bytes, at + 1);
      return end < 0 ? -1 : end + 1;
    }
    case 0x7b:
      return objectEnd(bytes, at, level + 1);
    case 0x5b:
      return arrayEnd(bytes, at, level + 1);
    case MINUS:
      return bytes[at + 1] === ZERO && bytes[at + 2] !== POINT ? -1 : numberEnd(bytes, at + 1);
    default:
      if (byte >= ZERO && byte <= NINE) return numberEnd(bytes, at);
      for (const literal of literals) if (standsAt(bytes, at, literal)) return at + literal.length;
      return -1;
  }
}

function arrayEnd(bytes: Buffer, start: number, level: number): number {
  if (level > limits.propertyLevels) return -1;
  let at = start + 1;
  if (bytes[at] === 0x5d) return at + 1;
  for (;;) {
    at = valueEnd(bytes, at, level);
    if (at < 0) return -1;
    const byte = bytes[at++];
    if (byte === COMMA) continue;
    return byte === 0x5d ? at : -1;
  }
}

/** Of a number without its sign. */
function numberEnd(bytes: Buffer, start: number): number {
  let at = digitsEnd(bytes, start);
  let digits = at - start;
  if (digits === 0 || (digits > 1 && bytes[start] === ZERO)) return -1;
  if (bytes[at] === POINT) {
    const from = at + 1;
    at = digitsEnd(bytes, from);
    if (at === from || at - from > MOST_FRACTION_DIGITS || bytes[at - 1] === ZERO) return -1;
    digits += at - from;
  }
  return digits <= MOST_DIGITS && !isNumberByte(bytes[at] as number) ? at : -1;
}

function digitsEnd(bytes: Buffer, start: number): number {
  let at = start;
  while ((bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at++;
  return at;
}

/** What could go on with a number: an exponent, or another point. */
function isNumberByte(byte: number): boolean {
  return byte === POINT || byte === 0x65 || byte === 0x45 || byte === 0x2b || byte === MINUS;
}

/**
 * The properties of a plain object that begins at `at`, as ClickHouse's Map(String, String) has them: texts without
 * their quotes, null as '', everything else as its JSON.
 */
export function forEachProperty(
  bytes: Buffer,
  at: number,
  each: (bytes: Buffer, key: number, keyEnd: number, value: number, valueEnd: number) => void,
): void {
  keyCount = 0;
  let position = at + 1;
  while (bytes[position] !== 0x7d) {
    if (bytes[position] === COMMA) position++;
    const key = position + 1;
    const keyEnd = plainTextEnd(bytes, key);
    const value = keyEnd + 2;
    const end = valueEnd(bytes, value, 1);
    const first = bytes[value];
    if (first === QUOTE) each(bytes, key, keyEnd, value + 1, end - 1);
    else each(bytes, key, keyEnd, value, first === 0x6e ? value : end);
    position = end;
  }
}
