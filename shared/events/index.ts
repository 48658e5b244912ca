export { type Categories, loadCategories, otherCategory, parseCategories } from './categories.ts';
export {
  type CheckedEvent,
  createEventCheck,
  type EventCheck,
  type Fault,
  wholeEvent,
} from './check-event.ts';
export type { CleanEvent } from './clean-event.ts';
export { decodeClean, encodeClean, eventKey, withSource } from './clean-record.ts';
export { derivedEventId, newEventId } from './event-id.ts';
export { eventSchema, type SentEvent } from './event-schema.ts';
export { limits } from './limits.ts';
