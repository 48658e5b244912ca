import type { PropertyRule } from './categories.ts';
import { isDigit } from './plain-forms.ts';
import { propertyMark, standsAt } from './plain-json.ts';
import type { RawMarks } from './plain-raw-event.ts';

/** Properties that are looked for in an event, each with its place in `found`. */
export interface PlainRules {
  names: readonly Buffer[];
  rules: readonly (PropertyRule | undefined)[];
  /** After `keepsRules`: the first mark of each property in the event's property marks, -1 where it was not sent. */
  found: Int32Array;
}

/** @param typed names that are looked for whatever is described; they come first. */
export function plainRules(
  described: Readonly<Record<string, PropertyRule>>,
  typed: readonly string[],
): PlainRules {
  const names = [...new Set([...typed, ...Object.keys(described)])];
  return {
    // What needs an escape is the key of no plain object.
    names: names.map((name) => Buffer.from(JSON.stringify(name).slice(1, -1))),
    rules: names.map((name) => (Object.hasOwn(described, name) ? described[name] : undefined)),
    found: new Int32Array(names.length),
  };
}

/** Whether the properties keep their type's rules beyond doubt; what breaks one says no, and what could be counted otherwise. */
export function keepsRules(
  bytes: Buffer,
  { properties: marks, propertyCount }: RawMarks,
  { names, rules, found }: PlainRules,
): boolean {
  found.fill(-1);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as Buffer;
    const rule = rules[i];
    for (let first = 0; first < propertyCount * propertyMark.each; first += propertyMark.each) {
      const key = marks[first + propertyMark.key] as number;
      if ((marks[first + propertyMark.keyEnd] as number) - key !== name.length) continue;
      if (!standsAt(bytes, key, name)) continue;
      found[i] = first;
      const start = marks[first + propertyMark.value] as number;
      const end = marks[first + propertyMark.valueEnd] as number;
      if (rule !== undefined && !keeps(bytes, start, end, rule)) return false;
      break;
    }
    if (found[i] === -1 && rule?.required) return false;
  }
  return true;
}

function keeps(bytes: Buffer, start: number, end: number, rule: PropertyRule): boolean {
  const first = bytes[start];
  switch (rule.type) {
    case 'number':
    case 'integer': {
      if (!isNumber(bytes, start)) return false;
      const value = numberAt(bytes, start, end);
      if (rule.type === 'integer' && !Number.isInteger(value)) return false;
      return (rule.min === undefined || value >= rule.min) && (rule.max === undefined || value <= rule.max);
    }
    case 'string':
      if (first !== 0x22) return false;
      if (rule.values !== undefined && !rule.values.includes(bytes.toString('utf8', start + 1, end - 1)))
        return false;
      // No more characters than bytes.
      return rule.max_length === undefined || end - start - 2 <= rule.max_length;
    case 'boolean':
      return first === 0x74 || first === 0x66;
    case 'array':
      return first === 0x5b;
    case 'object':
      return first === 0x7b;
  }
}

/** Whether the plain value that begins at `at` is a number. */
export function isNumber(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x2d || isDigit(bytes[at] as number);
}

/** A plain number as `JSON.parse` reads it: its digits and the power of ten are exact, and so a division rounds once. */
function numberAt(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === 0x2d;
  let digits = 0;
  let power = 0;
  for (let i = negative ? start + 1 : start; i < end; i++) {
    if (bytes[i] === 0x2e) {
      power = 1;
    } else {
      digits = digits * 10 + (bytes[i] as number) - 0x30;
      power *= 10;
    }
  }
  const value = power === 0 ? digits : digits / power;
  return negative ? -value : value;
}
