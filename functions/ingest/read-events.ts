import { isUtf8 } from 'node:buffer';
import { HttpError } from '../../shared/errors/index.ts';
import { limits } from '../../shared/events/index.ts';

/** One event of a request: its value, or why it could not be read. */
export type ReadEvent = { value: unknown } | { fault: { field: string; reason: string } };

/** The field of a fault that concerns the request as a whole. */
export const wholeBody = 'body';

/**
 * Reads the events of a request body: one event, an array of them, or NDJSON (by content type, or because the first
 * line is an event on its own). A line that is no JSON is one bad event; blank lines do not count.
 *
 * @throws HttpError 400 (no JSON at all), 413 (too many bytes or events), with `accepted` and `rejected`.
 */
export function readEvents(body: Buffer, contentType: string): ReadEvent[] {
  if (body.length > limits.requestBytes) {
    throw refused(413, `is ${body.length} bytes, at most ${limits.requestBytes} are allowed`);
  }
  if (!isUtf8(body)) throw refused(400, 'is not UTF-8');
  const text = withoutMark(body.toString('utf8'));
  if (text.trim() === '')
    throw refused(400, 'is empty; send an event, an array of events, or one event a line');
  if (/^application\/(x-)?(ndjson|jsonl?ines|jsonl)\b/i.test(contentType)) return readLines(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (firstLineIsEvent(text)) return readLines(text);
    throw refused(400, `is not JSON: ${(error as Error).message.slice(0, 200).toWellFormed()}`);
  }
  if (!Array.isArray(value)) {
    if (body.length > limits.eventBytes) throw refused(413, tooLarge(body.length), 'event');
    return [{ value }];
  }
  if (value.length > limits.requestEvents) throw tooMany(value.length);
  return value.map((element) => ({ value: element }));
}

function readLines(text: string): ReadEvent[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > limits.requestEvents) throw tooMany(lines.length);
  return lines.map((line) => {
    const bytes = Buffer.byteLength(line);
    if (bytes > limits.eventBytes) return { fault: { field: 'event', reason: tooLarge(bytes) } };
    try {
      return { value: JSON.parse(line) };
    } catch {
      return { fault: { field: 'event', reason: 'is not JSON' } };
    }
  });
}

function firstLineIsEvent(text: string): boolean {
  const first = text.trimStart().split('\n', 1)[0] ?? '';
  try {
    const value: unknown = JSON.parse(first);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Some programs put a byte order mark in front of every text. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function tooLarge(bytes: number): string {
  return `is ${bytes} bytes, at most ${limits.eventBytes} are allowed`;
}

function tooMany(count: number): HttpError {
  return refused(413, `has ${count} events, at most ${limits.requestEvents} are allowed in one request`);
}

function refused(status: number, reason: string, field = wholeBody): HttpError {
  return new HttpError(status, `${field} ${reason}`, {
    details: { accepted: 0, rejected: [{ index: 0, field, reason }] },
  });
}
