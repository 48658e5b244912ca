import type { FilterPattern, RecordFilter } from './subscription.ts';

/** Reads one pattern or a list of patterns; undefined when the text is neither. */
export function parseFilter(text: string): RecordFilter | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const patterns = Array.isArray(parsed) ? parsed : [parsed];
  return patterns.length > 0 && patterns.every(isPattern) ? patterns : undefined;
}

function isPattern(value: unknown): value is FilterPattern {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((field) => Array.isArray(field) || isPattern(field));
}

/** Whether a record with this value is for the function. What is not a JSON object matches no pattern. */
export function passesFilter(value: Buffer | null, filter: RecordFilter): boolean {
  if (value === null) return false;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return false;
  }
  return filter.some((pattern) => matches(parsed, pattern));
}

function matches(value: unknown, pattern: FilterPattern): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(pattern).every(([field, wanted]) => {
    const found = (value as Record<string, unknown>)[field];
    if (!Array.isArray(wanted)) return matches(found, wanted as FilterPattern);
    return wanted.some((one) => (isTest(one) ? passesTest(found, one) : found === one));
  });
}

type Test = { exists?: boolean; prefix?: string; 'anything-but'?: unknown };

function isTest(value: unknown): value is Test {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function passesTest(found: unknown, test: Test): boolean {
  if (test.exists !== undefined) return (found !== undefined) === test.exists;
  if (test.prefix !== undefined) return typeof found === 'string' && found.startsWith(test.prefix);
  const not = test['anything-but'];
  return Array.isArray(not) ? !not.includes(found) : found !== not;
}
