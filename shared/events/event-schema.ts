import { z } from 'zod';
import { isAddress } from './ip.ts';
import { limits } from './limits.ts';
import { checkProperties, loneSurrogate } from './properties.ts';

const userIdRule = `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;
export const timestampRule =
  'must be an RFC 3339 date-time with its offset, or whole milliseconds since 1970';
// Not the nil and not the max UUID: every event of a sender that forgot to fill it in would count as one.
export const uuidPattern =
  /^(?!0{8}-0{4}-0{4}-0{4}-0{12}$|[fF]{8}-[fF]{4}-[fF]{4}-[fF]{4}-[fF]{12}$)[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

export const eventTypePattern = /^[a-z][a-z0-9_.]{0,63}$/;
export const countryPattern = /^(?:[A-Za-z]{2})?$/;

/** Says `is missing` where nothing was sent, else the rule. */
const rule = (text: string) => ({
  error: (issue: { input?: unknown }) => (issue.input === undefined ? 'is missing' : text),
});

/** One check instead of two: each costs a tenth of the whole. */
const boundedText = (chars: number) =>
  z
    .string({ error: 'must be text' })
    .check(({ value, issues }) => {
      if (value.length > chars) {
        issues.push({ code: 'custom', input: value, message: `must be at most ${chars} characters` });
      } else if (!value.isWellFormed()) {
        issues.push({ code: 'custom', input: value, message: loneSurrogate });
      }
    })
    .meta({ maxLength: chars });

/**
 * An event as it is sent: the only source of its shape. The check of every event, the JSON Schema, the OpenAPI
 * file of `ingest` and the table of fields are made from it. What depends on the calendar, on the time of receipt
 * and on the event's type is added in check-event.ts.
 */
export const eventSchema = z.strictObject(
  {
    event_id: z
      .string({ error: 'must be a UUID' })
      .regex(uuidPattern, { error: 'must be a UUID, neither the nil nor the max UUID' })
      .optional()
      .meta({
        format: 'uuid',
        description: 'UUID, any version; the same id counts once',
        absent:
          'ingest makes a version 7; a record written straight into Kafka gets one derived from its position',
      }),
    event_type: z
      .string(rule('must be text'))
      .regex(eventTypePattern, {
        error: 'must be 1 to 64 characters of a-z, 0-9, _ and ., beginning with a letter',
      })
      .meta({
        description:
          '1–64 of `a-z0-9_.`, begins with a letter; a type that no category lists is in category `other`',
        absent: 'rejected',
      }),
    timestamp: z
      .union(
        [z.int({ error: timestampRule }), z.string({ error: timestampRule }).meta({ format: 'date-time' })],
        {
          error: timestampRule,
        },
      )
      .optional()
      .meta({
        description:
          'RFC 3339, or whole milliseconds since 1970; not older than `RETENTION_DAYS`, not more than 24 h ahead',
        absent: 'the time it was received',
      }),
    user_id: z
      .int(rule(userIdRule))
      .min(0, { error: userIdRule })
      .meta({ description: 'whole number, 0 to 2^53−1', absent: 'rejected' }),
    session_id: boundedText(limits.sessionIdChars)
      .optional()
      .meta({ description: `text, at most ${limits.sessionIdChars} characters`, absent: 'empty' }),
    country: z
      .string({ error: 'must be two letters' })
      .regex(countryPattern, { error: 'must be two letters' })
      .optional()
      .meta({ description: 'two letters (ISO 3166-1), kept in upper case', absent: 'empty' }),
    ip: z
      .string({ error: 'must be an IPv4 or IPv6 address' })
      .refine((text) => text === '' || isAddress(text), { error: 'must be an IPv4 or IPv6 address' })
      .optional()
      .meta({ description: 'IPv4 or IPv6 address; only its /24 or /48 is stored', absent: 'empty' }),
    user_agent: boundedText(limits.userAgentChars)
      .optional()
      .meta({
        description: `text, at most ${limits.userAgentChars} characters; device and browser are read from it`,
        absent: 'empty',
      }),
    properties: z
      // Not z.record: it makes a copy, and drops a key named __proto__ from it without a word.
      .custom<Record<string, unknown>>(
        (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
        { error: 'must be an object' },
      )
      .superRefine((properties, context) => {
        const problem = checkProperties(properties);
        if (problem) context.addIssue({ code: 'custom', path: problem.path, message: problem.reason });
      })
      .optional()
      .meta({
        type: 'object',
        maxProperties: limits.propertyKeys,
        additionalProperties: true,
        description: `object, at most ${limits.propertyKeys} keys, ${limits.propertyLevels} levels, ${limits.propertyBytes / 1024} KiB of JSON; whole numbers beyond ±(2^53−1) are sent as text`,
        absent: '`{}`',
      }),
  },
  { error: 'must be a JSON object' },
);

/** What a sender writes. */
export type SentEvent = z.input<typeof eventSchema>;

/** What the schema makes of it. */
export type ParsedEvent = z.output<typeof eventSchema>;
