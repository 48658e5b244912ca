import type { EventType, PropertyRule } from '../../shared/events/categories.ts';
import type { Random } from './random.ts';

/** Writes the properties of an event of this type as JSON text. */
export type PropertiesWriter = (random: Random) => string;

/** Turns the descriptions of a type's properties into a writer of values that fit them. */
export function propertiesWriter({ properties }: EventType): PropertiesWriter {
  const writers = Object.entries(properties).map(([name, rule], i) => {
    const value = valueWriter(name, rule);
    const start = `${i === 0 ? '' : ','}${JSON.stringify(name)}:`;
    return (random: Random) => start + value(random);
  });
  return (random) => {
    let text = '{';
    for (const write of writers) text += write(random);
    return `${text}}`;
  };
}

function valueWriter(name: string, rule: PropertyRule): (random: Random) => string {
  switch (rule.type) {
    case 'number':
    case 'integer':
      return numberWriter(rule);
    case 'string':
      return stringWriter(name, rule);
    case 'boolean':
      return (random) => (random.below(10) < 8 ? 'true' : 'false');
    case 'array':
      return (random) => {
        const items = Array.from({ length: 1 + random.below(3) }, () => `"${name}-${random.below(500)}"`);
        return `[${items.join(',')}]`;
      };
    case 'object':
      return (random) => `{"step":${random.below(5)},"tags":["a${random.below(9)}","b"],"ok":true}`;
  }
}

function numberWriter(
  rule: Extract<PropertyRule, { type: 'number' | 'integer' }>,
): (random: Random) => string {
  const examples = rule.examples;
  if (examples !== undefined) return (random) => String(examples[random.below(examples.length)]);
  const min = rule.min ?? 0;
  const max = Math.max(min, Math.min(rule.max ?? min + 500, min + 5000));
  const round = rule.type === 'integer' ? 1 : 100;
  // Small values are common, large ones rare, as with prices and durations.
  return (random) =>
    String(Math.min(max, Math.round((min + (max - min) * random.unit() ** 3) * round) / round));
}

function stringWriter(
  name: string,
  { values, examples, max_length }: Extract<PropertyRule, { type: 'string' }>,
): (random: Random) => string {
  const known = (examples ?? values)?.map((text) => JSON.stringify(text));
  if (known !== undefined) return (random) => known[Math.floor(random.unit() ** 2 * known.length)] as string;
  const limit = max_length ?? Number.POSITIVE_INFINITY;
  return (random) => JSON.stringify(`${name}-${random.below(1000)}`.slice(-limit));
}
