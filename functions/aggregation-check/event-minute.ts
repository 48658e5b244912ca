import { decodeClean } from '../../shared/events/clean-record.ts';
import { standsAt } from '../../shared/events/plain-json.ts';
import { parseDateTimeText } from '../../shared/events/time.ts';

export const minuteMs = 60_000;

const quote = 0x22;
const marker = Buffer.from('"timestamp":"');
const textLength = 'YYYY-MM-DD hh:mm:ss.mmm'.length;
/** The time stands behind the id, the type and the category, whose lengths are bounded or small. */
const searched = 1024;

/**
 * The minute of event time that a value of `events_clean` belongs to, in milliseconds since 1970. Reads as little
 * as possible, and makes nothing: this is done for every event that ever passes.
 *
 * @param bytes has the value from `from` to before `to`.
 * @returns undefined for bytes that are no clean event; no store holds those.
 */
export function eventMinute(bytes: Buffer, from = 0, to = bytes.length): number | undefined {
  const end = Math.min(to, from + searched) - marker.length - textLength;
  for (let at = from; at <= end; at++) {
    if (bytes[at] !== quote || !standsAt(bytes, at, marker)) continue;
    return minuteAt(bytes, at + marker.length) ?? slowly(bytes.subarray(from, to));
  }
  return slowly(bytes.subarray(from, to));
}

/** Times come in runs: most lie in the minute of the one before. */
let last: { text: Buffer; minute: number } | undefined;

function minuteAt(bytes: Buffer, at: number): number | undefined {
  if (last !== undefined && standsAt(bytes, at, last.text)) return last.minute;
  const text = bytes.toString('latin1', at, at + textLength);
  const ms = parseDateTimeText(text);
  if (ms === undefined) return undefined;
  last = { text: Buffer.from(text.slice(0, 'YYYY-MM-DD hh:mm'.length)), minute: ms - (ms % minuteMs) };
  return last.minute;
}

function slowly(value: Buffer): number | undefined {
  try {
    const ms = decodeClean(value).timestamp;
    return ms - (ms % minuteMs);
  } catch {
    return undefined;
  }
}
