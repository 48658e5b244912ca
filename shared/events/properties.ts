import { limits } from './limits.ts';

/** What is wrong with the properties of an event, and where. */
export interface PropertyProblem {
  path: string[];
  reason: string;
}

/**
 * Checks the bounds that hold for any event type: keys, levels, bytes, and that every value survives both stores.
 * Never recurses deeper than the allowed levels, whatever it is given.
 *
 * @returns the first problem, undefined when there is none.
 */
export function checkProperties(properties: Record<string, unknown>): PropertyProblem | undefined {
  const keys = Object.keys(properties).length;
  if (keys > limits.propertyKeys) {
    return { path: [], reason: `has ${keys} keys, at most ${limits.propertyKeys} are allowed` };
  }
  const size = { upperBound: 0 };
  const problem = checkNode(properties, 1, size);
  if (problem !== undefined) return { path: problem.path.reverse(), reason: problem.reason };
  // Exact only where the generous estimate says that it may matter.
  if (size.upperBound > limits.propertyBytes) {
    const bytes = Buffer.byteLength(JSON.stringify(properties));
    if (bytes > limits.propertyBytes) {
      return { path: [], reason: `is ${bytes} bytes of JSON, at most ${limits.propertyBytes} are allowed` };
    }
  }
  return undefined;
}

/** No JSON text of a character is longer: \u0001. */
const charBytes = 6;
const numberBytes = 25;

/** Paths are collected innermost first, only where there is a problem. */
function checkNode(node: object, level: number, size: { upperBound: number }): PropertyProblem | undefined {
  if (level > limits.propertyLevels) {
    return { path: [], reason: `is nested deeper than ${limits.propertyLevels} levels` };
  }
  size.upperBound += 2;
  if (Array.isArray(node)) {
    for (let i = 0; i < node.length; i++) {
      const problem = checkValue(node[i], level, size);
      if (problem !== undefined) {
        problem.path.push(String(i));
        return problem;
      }
    }
    return undefined;
  }
  // `Object.keys` sees a key named __proto__ that came from JSON; `for … in` on a copy would not.
  for (const key of Object.keys(node)) {
    const reason = checkKey(key);
    if (reason !== undefined) return { path: [key], reason };
    size.upperBound += key.length * charBytes + 4;
    const problem = checkValue((node as Record<string, unknown>)[key], level, size);
    if (problem !== undefined) {
      problem.path.push(key);
      return problem;
    }
  }
  return undefined;
}

function checkValue(
  value: unknown,
  level: number,
  size: { upperBound: number },
): PropertyProblem | undefined {
  switch (typeof value) {
    case 'string':
      size.upperBound += value.length * charBytes + 3;
      return value.isWellFormed() ? undefined : { path: [], reason: loneSurrogate };
    case 'number':
      size.upperBound += numberBytes;
      return checkNumber(value);
    case 'boolean':
      size.upperBound += 6;
      return undefined;
    case 'object':
      if (value !== null) return checkNode(value, level + 1, size);
      size.upperBound += 5;
      return undefined;
    default:
      return { path: [], reason: 'is not a JSON value' };
  }
}

export const loneSurrogate = 'contains a lone surrogate (half of a character)';

function checkNumber(value: number): PropertyProblem | undefined {
  if (!Number.isFinite(value)) return { path: [], reason: 'is larger than any number can be kept' };
  // JSON.parse has rounded it already: storing it would change an id without a word.
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return {
      path: [],
      reason: `is a whole number beyond ±${Number.MAX_SAFE_INTEGER}, which cannot be kept exactly; send it as text`,
    };
  }
  return undefined;
}

function checkKey(key: string): string | undefined {
  if (!key.isWellFormed()) return loneSurrogate;
  if (key.includes('\0')) return 'has U+0000 in its name';
  // MongoDB's drivers take an object with this key for one of their own types.
  if (key === '_bsontype') return 'is a reserved name';
  return undefined;
}
