import type { EventType, PropertyRule } from '../../shared/events/categories.ts';
import { type Output, putAscii, putBytes, putText } from './output.ts';
import type { Random } from './random.ts';

/** Writes the properties of an event of this type as JSON. */
export type PropertiesWriter = (random: Random, output: Output) => void;

/** Turns the descriptions of a type's properties into a writer of values that fit them. */
export function propertiesWriter({ properties }: EventType): PropertiesWriter {
  const writers = Object.entries(properties).map(([name, rule], i) => ({
    start: Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    value: valueWriter(name, rule),
  }));
  const end = Buffer.from(writers.length === 0 ? '{}' : '}');
  return (random, output) => {
    for (const { start, value } of writers) {
      putBytes(output, start);
      value(random, output);
    }
    putBytes(output, end);
  };
}

function valueWriter(name: string, rule: PropertyRule): PropertiesWriter {
  switch (rule.type) {
    case 'number':
    case 'integer':
      return numberWriter(rule);
    case 'string':
      return stringWriter(name, rule);
    case 'boolean':
      return (random, output) => putAscii(output, random.below(10) < 8 ? 'true' : 'false');
    case 'array':
      return (random, output) => {
        const items = Array.from({ length: 1 + random.below(3) }, () => `${name}-${random.below(500)}`);
        putText(output, JSON.stringify(items));
      };
    case 'object':
      return (random, output) =>
        putAscii(output, `{"step":${random.below(5)},"tags":["a${random.below(9)}","b"],"ok":true}`);
  }
}

function numberWriter(rule: Extract<PropertyRule, { type: 'number' | 'integer' }>): PropertiesWriter {
  const examples = rule.examples;
  if (examples !== undefined)
    return (random, output) => putAscii(output, String(examples[random.below(examples.length)]));
  const min = rule.min ?? 0;
  const max = Math.max(min, Math.min(rule.max ?? min + 500, min + 5000));
  const round = rule.type === 'integer' ? 1 : 100;
  // Small values are common, large ones rare, as with prices and durations.
  return (random, output) => {
    const value = min + (max - min) * random.unit() ** 3;
    putAscii(output, String(Math.min(max, Math.round(value * round) / round)));
  };
}

function stringWriter(
  name: string,
  { values, examples, max_length }: Extract<PropertyRule, { type: 'string' }>,
): PropertiesWriter {
  const known = (examples ?? values)?.map((text) => Buffer.from(JSON.stringify(text)));
  if (known !== undefined)
    return (random, output) =>
      putBytes(output, known[Math.floor(random.unit() ** 2 * known.length)] as Buffer);
  const limit = max_length ?? Number.POSITIVE_INFINITY;
  return (random, output) => putText(output, JSON.stringify(`${name}-${random.below(1000)}`.slice(-limit)));
}
