import { z } from 'zod';
import { HttpError } from '../../shared/errors/index.ts';
import { earliestMs, latestMs, parseRfc3339 } from '../../shared/events/time.ts';
import { dimensionNames, type FilterName, filterName } from './sql.ts';

/** The parameters that several questions share; each question picks its own. The OpenAPI file is made from them. */

const timeRule =
  'must be a day (2026-11-22), an RFC 3339 date-time (2026-11-22T10:15:30Z) or whole milliseconds since 1970';

/** Milliseconds since 1970 of a day, a date-time or a number; undefined for anything else. */
export function timeOf(text: string): number | undefined {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text)
    ? parseRfc3339(`${text}T00:00:00Z`)
    : /^\d{1,15}$/.test(text)
      ? Number(text)
      : parseRfc3339(text);
  return ms !== undefined && ms >= earliestMs && ms < latestMs ? ms : undefined;
}

const time = z
  .string()
  .transform((text, context) => {
    const ms = timeOf(text);
    if (ms === undefined) context.addIssue({ code: 'custom', message: timeRule });
    return ms ?? 0;
  })
  .optional();

/** `a,b` as a list. */
const list = (values: string) =>
  values
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');

const values = (what: string) =>
  z
    .string()
    .transform(list)
    .refine((all) => all.length >= 1 && all.length <= 100, 'must name 1 to 100 values, separated by commas')
    .optional()
    .meta({ description: `only these values of ${what}, separated by commas` });

export const parameters = {
  from: time.meta({
    description: 'first moment that counts: a day, an RFC 3339 date-time, or milliseconds since 1970',
  }),
  to: time.meta({ description: 'first moment that no longer counts; absent: no end' }),
  zone: z
    .string()
    .refine(isZone, 'must be an IANA time zone such as Europe/Berlin')
    .default('UTC')
    .meta({ description: 'IANA time zone whose hours, days, weeks and months are meant' }),
  granularity: z
    .enum(['all', 'minute', 'hour', 'hour-of-day', 'day', 'week', 'month'])
    .meta({ description: 'the periods that are counted apart; hour-of-day is 0 to 23 over all days' }),
  plainGranularity: z
    .enum(['all', 'minute', 'hour', 'day', 'week', 'month'])
    .meta({ description: 'the periods that are counted apart' }),
  steps: z
    .string()
    .transform(list)
    .refine(
      (all) => all.length >= 2 && all.length <= 10,
      'must name 2 to 10 event types, separated by commas',
    )
    .meta({ description: 'event types in their order, separated by commas; the same may come again' }),
  anyType: z.string().min(1).optional(),
  period: z.enum(['all', 'day', 'week', 'month']).meta({ description: 'the periods that are counted apart' }),
  by: z
    .string()
    .transform(list)
    .pipe(z.array(z.enum(dimensionNames)))
    .meta({ description: `broken down by, separated by commas: ${dimensionNames.join(', ')}` }),
  limit: (standard: number, most: number) =>
    z.coerce
      .number()
      .int()
      .min(1)
      .max(most)
      .default(standard)
      .meta({ description: `rows at most, 1 to ${most}` }),
  seconds: z.coerce
    .number()
    .int()
    .min(1)
    .max(30)
    .default(30)
    .meta({ description: 'after so many seconds the question is ended, 1 to 30' }),
  format: z
    .enum(['json', 'ndjson', 'csv'])
    .optional()
    .meta({ description: 'json, ndjson or csv; absent: as the Accept header says, else json' }),
  filters: Object.fromEntries(dimensionNames.map((name) => [filterName(name), values(name)])) as Record<
    FilterName,
    ReturnType<typeof values>
  >,
  cursor: z.string().max(200).optional().meta({ description: '`next` of the page before' }),
  user: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .meta({ description: 'user id, 0 to 2^53−1' }),
} as const;

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets are accepted there, but ClickHouse knows names alone.
    return /^[A-Za-z][\w+/-]*$/.test(name);
  } catch {
    return false;
  }
}

/** A property filter in an address: `property.sku=A-1`. */
const propertyPrefix = 'property.';

/** `property.<name>=<value>` parameters apart from the others. */
export function splitProperties(query: Readonly<Record<string, string>>): {
  properties: [string, string][];
  others: Record<string, string>;
} {
  const properties: [string, string][] = [];
  const others: Record<string, string> = {};
  for (const [name, value] of Object.entries(query)) {
    if (name.startsWith(propertyPrefix)) properties.push([name.slice(propertyPrefix.length), value]);
    else others[name] = value;
  }
  return { properties, others };
}

/** @throws HttpError 400 that names the first bad parameter, and all of them in `faults`. */
export function readParameters<T extends z.ZodType>(schema: T, given: Record<string, unknown>): z.output<T> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => ({
    field: issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.'),
    reason: issue.code === 'unrecognized_keys' ? 'no such parameter' : issue.message,
  }));
  throw new HttpError(400, `${faults[0]?.field}: ${faults[0]?.reason}`, {
    details: { field: faults[0]?.field, faults },
  });
}

/** @throws HttpError 400 when a range ends before it begins. */
export function checkRange(fromMs: number, toMs: number | undefined): void {
  if (toMs !== undefined && toMs <= fromMs) {
    throw new HttpError(400, 'to: must be after from', { details: { field: 'to' } });
  }
}
