import { countryPattern, eventTypePattern, type ParsedEvent, uuidPattern } from './event-schema.ts';
import { isAddress } from './ip.ts';
import { limits } from './limits.ts';
import { checkProperties } from './properties.ts';

/**
 * Recognises an event that the schema accepts, at a tenth of its cost; this stands on the path of every event.
 * It only ever says yes or "ask the schema", and a property test holds that each yes is the schema's yes too.
 */
export function isPlainlyValid(input: unknown): input is ParsedEvent {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false;
  let required = 0;
  for (const field of Object.keys(input)) {
    const value: unknown = (input as Record<string, unknown>)[field];
    switch (field) {
      case 'event_type':
        if (typeof value !== 'string' || !eventTypePattern.test(value)) return false;
        required += 1;
        break;
      case 'user_id':
        if (!Number.isSafeInteger(value) || (value as number) < 0) return false;
        required += 1;
        break;
      case 'event_id':
        if (typeof value !== 'string' || !uuidPattern.test(value)) return false;
        break;
      case 'timestamp':
        if (typeof value !== 'string' && !Number.isSafeInteger(value)) return false;
        break;
      case 'session_id':
        if (!isBoundedText(value, limits.sessionIdChars)) return false;
        break;
      case 'user_agent':
        if (!isBoundedText(value, limits.userAgentChars)) return false;
        break;
      case 'country':
        if (typeof value !== 'string' || !countryPattern.test(value)) return false;
        break;
      case 'ip':
        if (typeof value !== 'string' || (value !== '' && !isAddress(value))) return false;
        break;
      case 'properties':
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
        if (checkProperties(value as Record<string, unknown>) !== undefined) return false;
        break;
      default:
        return false;
    }
  }
  return required === 2;
}

function isBoundedText(value: unknown, chars: number): boolean {
  return typeof value === 'string' && value.length <= chars && value.isWellFormed();
}
