import { decodeClean } from '../../shared/events/clean-record.ts';
import { parseDateTimeText } from '../../shared/events/time.ts';

export const minuteMs = 60_000;

const marker = Buffer.from('"timestamp":"');
const textLength = 'YYYY-MM-DD hh:mm:ss.mmm'.length;
/** The time stands behind the id, the type and the category, whose lengths are bounded or small. */
const searched = 1024;

/**
 * The minute of event time that a value of `events_clean` belongs to, in milliseconds since 1970. Reads as little
 * as possible: this is done for every event that ever passes.
 *
 * @returns undefined for bytes that are no clean event; no store holds those.
 */
export function eventMinute(value: Buffer | null): number | undefined {
  if (value === null) return undefined;
  const at = value.subarray(0, searched).indexOf(marker);
  if (at < 0) return slowly(value);
  const start = at + marker.length;
  const ms = minuteOf(value.toString('latin1', start, start + textLength));
  return ms ?? slowly(value);
}

/** Times come in runs: most lie in the minute of the one before. */
let lastText = '';
let lastMinute = 0;

function minuteOf(text: string): number | undefined {
  const head = text.slice(0, 'YYYY-MM-DD hh:mm'.length);
  if (head === lastText) return lastMinute;
  const ms = parseDateTimeText(text);
  if (ms === undefined) return undefined;
  lastText = head;
  lastMinute = ms - (ms % minuteMs);
  return lastMinute;
}

function slowly(value: Buffer): number | undefined {
  try {
    const ms = decodeClean(value).timestamp;
    return ms - (ms % minuteMs);
  } catch {
    return undefined;
  }
}
