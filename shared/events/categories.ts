import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { PipelineError } from '../errors/index.ts';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'a name is 1 to 64 of a-z, 0-9 and _, beginning with a letter');
const typeName = z
  .string()
  .regex(/^[a-z][a-z0-9_.]{0,63}$/, 'an event type is 1 to 64 of a-z, 0-9, _ and ., beginning with a letter');

const propertySchema = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({
        type: z.enum(['number', 'integer']),
        min: z.number().optional(),
        max: z.number().optional(),
        examples: z.array(z.number()).min(1).optional(),
        required: z.boolean().default(false),
      }),
      z.strictObject({
        type: z.literal('string'),
        values: z.array(z.string()).min(1).optional(),
        max_length: z.int().min(1).optional(),
        examples: z.array(z.string()).min(1).optional(),
        required: z.boolean().default(false),
      }),
      z.strictObject({
        type: z.enum(['boolean', 'object', 'array']),
        required: z.boolean().default(false),
      }),
    ],
    { error: 'must have type: number, integer, string, boolean, object or array' },
  )
  .refine((p) => !('min' in p && p.min !== undefined && p.max !== undefined && p.min > p.max), {
    error: 'min is larger than max',
  });

const typeSchema = z.strictObject({
  weight: z.number().min(0).default(1),
  properties: z.record(z.string().min(1), propertySchema).default({}),
});

const fileSchema = z.strictObject({
  categories: z.record(name, z.record(typeName, typeSchema)),
});

export type PropertyRule = z.output<typeof propertySchema>;

export interface EventType {
  name: string;
  category: string;
  /** Share among generated events, relative to the other weights. */
  weight: number;
  properties: Readonly<Record<string, PropertyRule>>;
}

export interface Categories {
  types: readonly EventType[];
  /** The type's description, undefined for one that no category lists. */
  find(eventType: string): EventType | undefined;
}

/** The category of a type that no category lists. */
export const otherCategory = 'other';

/** Where the types stand unless EVENT_CATEGORIES_FILE names another file. */
export const defaultCategoriesFile = new URL('event-categories.yml', import.meta.url);

/**
 * Reads the event types.
 *
 * @throws PipelineError `EVENT_CATEGORIES` that names the file and everything wrong in it.
 */
export function loadCategories(file: string | URL = defaultCategoriesFile): Categories {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw problem(file, [`cannot be read: ${(error as Error).message}`], error);
  }
  return parseCategories(text, file);
}

/**
 * The same from text; `file` is named in errors only.
 *
 * @throws PipelineError `EVENT_CATEGORIES`.
 */
export function parseCategories(text: string, file: string | URL = 'event categories'): Categories {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw problem(file, [`is not YAML: ${(error as Error).message}`], error);
  }
  const result = fileSchema.safeParse(content);
  if (!result.success) {
    throw problem(
      file,
      result.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${messageOf(issue)}`),
      result.error,
    );
  }
  const byName = new Map<string, EventType>();
  const twice: string[] = [];
  for (const [category, types] of Object.entries(result.data.categories)) {
    for (const [type, { weight, properties }] of Object.entries(types)) {
      const earlier = byName.get(type);
      if (earlier) twice.push(`${type} is listed in ${earlier.category} and in ${category}`);
      byName.set(type, { name: type, category, weight, properties });
    }
  }
  if (twice.length > 0) throw problem(file, twice);
  return { types: [...byName.values()], find: (eventType) => byName.get(eventType) };
}

/** zod says of a bad key only that it is one; why stands inside. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? issue.issues.map(({ message }) => message).join('; ') : issue.message;
}

function problem(file: string | URL, problems: string[], cause?: unknown): PipelineError {
  const shown = file instanceof URL ? file.pathname : file;
  return new PipelineError('EVENT_CATEGORIES', `${shown} (EVENT_CATEGORIES_FILE): ${problems.join('; ')}`, {
    cause,
  });
}
