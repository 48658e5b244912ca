import type { Categories, PropertyRule } from './categories.ts';
import { otherCategory } from './categories.ts';
import { eventSchema, type ParsedEvent, timestampRule } from './event-schema.ts';
import { limits } from './limits.ts';
import { isPlainlyValid } from './plainly-valid.ts';
import { earliestMs, latestMs, parseRfc3339 } from './time.ts';

/** An event that passed, every optional field filled in. */
export interface CheckedEvent {
  /** Lower case; undefined when the sender gave none. */
  event_id: string | undefined;
  event_type: string;
  category: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  user_id: number;
  session_id: string;
  country: string;
  ip: string;
  user_agent: string;
  properties: Record<string, unknown>;
}

/** Why an event is not accepted: its first fault. `field` is a path such as `properties.amount`. */
export interface Fault {
  field: string;
  reason: string;
}

export type CheckResult = { ok: true; event: CheckedEvent } | { ok: false; fault: Fault };

/** @param receivedAtMs what ages are measured against, and the time of an event that has none: the record's Kafka time. */
export type EventCheck = (input: unknown, receivedAtMs: number) => CheckResult;

/** The field of a fault that is not one field's. */
export const wholeEvent = 'event';

/**
 * The one check of events, used before they go into Kafka and after. It depends on nothing but its arguments,
 * so a second attempt decides the same.
 */
export function createEventCheck({
  categories,
  retentionDays,
}: {
  categories: Categories;
  retentionDays: number;
}): EventCheck {
  const retentionMs = retentionDays * 86_400_000;
  return (input, receivedAtMs) => {
    let sent: ParsedEvent;
    if (isPlainlyValid(input)) {
      sent = input;
    } else {
      const parsed = eventSchema.safeParse(input);
      if (!parsed.success) return { ok: false, fault: firstFault(parsed.error.issues) };
      sent = parsed.data;
    }
    const timestamp = millisecondsOf(sent.timestamp, receivedAtMs);
    const type = categories.find(sent.event_type);
    const properties = sent.properties ?? {};
    const fault =
      checkTime(timestamp, { receivedAtMs, retentionMs, retentionDays }) ??
      (type === undefined ? undefined : checkDescribed(properties, type.properties));
    if (fault !== undefined) return { ok: false, fault };
    return {
      ok: true,
      event: checkedEvent(sent, { timestamp, properties, category: type?.category ?? otherCategory }),
    };
  };
}

function checkedEvent(
  sent: ParsedEvent,
  { timestamp, properties, category }: Pick<CheckedEvent, 'timestamp' | 'properties' | 'category'>,
): CheckedEvent {
  return {
    event_id: sent.event_id?.toLowerCase(),
    event_type: sent.event_type,
    category,
    timestamp,
    // -0 is 0 to everyone but some encoders.
    user_id: sent.user_id + 0,
    session_id: sent.session_id ?? '',
    country: sent.country?.toUpperCase() ?? '',
    ip: sent.ip ?? '',
    user_agent: sent.user_agent ?? '',
    properties,
  };
}

/** NaN for text that is no RFC 3339 time. */
function millisecondsOf(timestamp: string | number | undefined, receivedAtMs: number): number {
  if (timestamp === undefined) return receivedAtMs;
  return typeof timestamp === 'number' ? timestamp : (parseRfc3339(timestamp) ?? Number.NaN);
}

/** What is wrong with the time of an event, undefined when nothing is. */
export function checkTime(
  timestamp: number,
  {
    receivedAtMs,
    retentionMs,
    retentionDays,
  }: { receivedAtMs: number; retentionMs: number; retentionDays: number },
): Fault | undefined {
  if (Number.isNaN(timestamp)) return { field: 'timestamp', reason: timestampRule };
  if (timestamp < receivedAtMs - retentionMs || timestamp < earliestMs) {
    // The commonest cause by far: seconds where milliseconds are meant.
    const hint =
      timestamp >= 1e9 && timestamp < 1e10 ? ' (a number is milliseconds since 1970, not seconds)' : '';
    return { field: 'timestamp', reason: `is older than ${retentionDays} days${hint}` };
  }
  if (timestamp > receivedAtMs + limits.futureMs || timestamp >= latestMs) {
    return { field: 'timestamp', reason: 'is more than 24 hours ahead' };
  }
  return undefined;
}

function checkDescribed(
  properties: Record<string, unknown>,
  rules: Readonly<Record<string, PropertyRule>>,
): Fault | undefined {
  for (const name of Object.keys(rules)) {
    const rule = rules[name] as PropertyRule;
    // Own keys only: `properties.constructor` is not something that was sent.
    const reason = Object.hasOwn(properties, name)
      ? breach(properties[name], rule)
      : rule.required
        ? 'is missing'
        : undefined;
    if (reason !== undefined) return { field: `properties.${name}`, reason };
  }
  return undefined;
}

function breach(value: unknown, rule: PropertyRule): string | undefined {
  switch (rule.type) {
    case 'number':
    case 'integer':
      if (typeof value !== 'number') return 'must be a number';
      if (rule.type === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
      if (rule.min !== undefined && value < rule.min) return `must be at least ${rule.min}`;
      if (rule.max !== undefined && value > rule.max) return `must be at most ${rule.max}`;
      return undefined;
    case 'string':
      if (typeof value !== 'string') return 'must be text';
      if (rule.values !== undefined && !rule.values.includes(value))
        return `must be one of ${rule.values.join(', ')}`;
      if (rule.max_length !== undefined && value.length > rule.max_length) {
        return `must be at most ${rule.max_length} characters`;
      }
      return undefined;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'array':
      return Array.isArray(value) ? undefined : 'must be an array';
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? undefined
        : 'must be an object';
  }
}

type Issue = { code?: string; path: PropertyKey[]; message: string; keys?: string[] };

function firstFault(issues: readonly Issue[]): Fault {
  const issue = issues[0] as Issue;
  if (issue.code === 'unrecognized_keys') {
    return { field: fieldText(issue.keys?.slice(0, 1) ?? []), reason: 'is not a field of an event' };
  }
  return { field: fieldText(issue.path), reason: issue.message };
}

const fieldChars = 200;

/** A path for people: never half a character, never as long as the event itself. */
function fieldText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return wholeEvent;
  const text = path.map(String).join('.').toWellFormed();
  return text.length > fieldChars ? `${text.slice(0, fieldChars).toWellFormed()}…` : text;
}
