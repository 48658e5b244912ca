import { writeAscii, writeDigits } from '../bytes/write-ascii.ts';

const dayMs = 86_400_000;

/** Earliest and latest time that every store can hold; the day column of ClickHouse ends in 2149. */
export const earliestMs = Date.UTC(1970, 0, 1);
export const latestMs = Date.UTC(2149, 0, 1);

/** Texts of days that came by; events are of few days. */
const dayTexts = new Map<number, string>();
const dayNumbers = new Map<string, number>();
const keptDays = 4096;

const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
const threeDigits = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));

/** Milliseconds since 1970 as `YYYY-MM-DD hh:mm:ss.mmm` in UTC, the text that ClickHouse's DateTime64(3) takes exactly. */
export function dateTimeText(ms: number): string {
  const day = Math.floor(ms / dayMs);
  const rest = ms - day * dayMs;
  const minutes = Math.floor(rest / 60_000);
  const hour = twoDigits[Math.floor(minutes / 60)];
  const minute = twoDigits[minutes % 60];
  const second = twoDigits[Math.floor(rest / 1000) % 60];
  return `${dayText(day)} ${hour}:${minute}:${second}.${threeDigits[rest % 1000]}`;
}

/** The same text as bytes; the position after it. */
export function writeDateTime(bytes: Buffer, start: number, ms: number): number {
  const day = Math.floor(ms / dayMs);
  const rest = ms - day * dayMs;
  const seconds = Math.floor(rest / 1000);
  const minutes = Math.floor(seconds / 60);
  let at = writeAscii(bytes, start, dayText(day));
  bytes[at] = 0x20;
  at = writeDigits(bytes, at + 1, Math.floor(minutes / 60), 2);
  bytes[at] = 0x3a;
  at = writeDigits(bytes, at + 1, minutes % 60, 2);
  bytes[at] = 0x3a;
  at = writeDigits(bytes, at + 1, seconds % 60, 2);
  bytes[at] = 0x2e;
  return writeDigits(bytes, at + 1, rest % 1000, 3);
}

/** The same instant in the form of `toISOString`; the position after it. */
export function writeIsoTime(bytes: Buffer, start: number, ms: number): number {
  const end = writeDateTime(bytes, start, ms);
  bytes[start + 10] = 0x54;
  bytes[end] = 0x5a;
  return end + 1;
}

function dayText(day: number): string {
  const known = dayTexts.get(day);
  if (known !== undefined) return known;
  if (dayTexts.size >= keptDays) dayTexts.clear();
  const text = new Date(day * dayMs).toISOString().slice(0, 10);
  dayTexts.set(day, text);
  return text;
}

/** The reverse of `dateTimeText`; undefined for anything else, days that do not exist included. */
export function parseDateTimeText(text: string): number | undefined {
  return text.length === 23 && text[10] === ' ' ? readTime(text) : undefined;
}

/** The same for the 23 bytes at `at`; NaN for anything else. */
export function dateTimeAt(bytes: Buffer, at: number): number {
  return bytes[at + 10] === 0x20 ? timeAt(bytes, at) : Number.NaN;
}

/** The same for 24 bytes in the form of `toISOString`, as nearly every sender writes it. */
export function isoTimeAt(bytes: Buffer, at: number): number {
  return bytes[at + 10] === 0x54 && bytes[at + 23] === 0x5a ? timeAt(bytes, at) : Number.NaN;
}

const dayNumbersByDigits = new Map<number, number>();
/** The day that came last comes next, nearly always. */
let lastDay = { digits: Number.NaN, number: Number.NaN };

/** `readTime` for the bytes at `at`; NaN for anything else. */
function timeAt(bytes: Buffer, at: number): number {
  if (bytes[at + 13] !== 0x3a || bytes[at + 16] !== 0x3a) return Number.NaN;
  if (bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d || bytes[at + 19] !== 0x2e) return Number.NaN;
  const digitsOfDay =
    numberAt(bytes, at, 4) * 10_000 + numberAt(bytes, at + 5, 2) * 100 + numberAt(bytes, at + 8, 2);
  if (digitsOfDay !== lastDay.digits) {
    const known = dayNumbersByDigits.get(digitsOfDay) ?? dayNumber(bytes.toString('latin1', at, at + 10));
    if (known === undefined) return Number.NaN;
    if (dayNumbersByDigits.size >= keptDays) dayNumbersByDigits.clear();
    dayNumbersByDigits.set(digitsOfDay, known);
    lastDay = { digits: digitsOfDay, number: known };
  }
  const day = lastDay.number;
  const hour = numberAt(bytes, at + 11, 2);
  const minute = numberAt(bytes, at + 14, 2);
  const second = numberAt(bytes, at + 17, 2);
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
  const ms = day * dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + numberAt(bytes, at + 20, 3);
  return ms >= earliestMs && ms < latestMs ? ms : Number.NaN;
}

/** The number that `count` digits write; NaN when one of them is no digit. */
function numberAt(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = (bytes[i] as number) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** `YYYY-MM-DD?hh:mm:ss.mmm` in UTC, whatever stands between day and hour or after the milliseconds. */
function readTime(text: string): number | undefined {
  if (text[13] !== ':' || text[16] !== ':' || text[19] !== '.') return undefined;
  const day = dayNumber(text.slice(0, 10));
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  // NaN compares false: what is no digit does not pass.
  if (day === undefined || !(hour < 24 && minute < 60 && second < 60)) return undefined;
  const ms = day * dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + digits(text, 20, 23);
  return ms >= earliestMs && ms < latestMs ? ms : undefined;
}

/** Days since 1970; undefined for text that is no day of the calendar. */
function dayNumber(text: string): number | undefined {
  const known = dayNumbers.get(text);
  if (known !== undefined) return known;
  const day = Date.parse(`${text}T00:00:00Z`) / dayMs;
  // Date.parse takes more than one form, and the 30th of February for the 1st of March.
  if (!Number.isInteger(day) || dayText(day) !== text) return undefined;
  if (dayNumbers.size >= keptDays) dayNumbers.clear();
  dayNumbers.set(text, day);
  return day;
}

/** The number that the characters from `from` to before `to` write; NaN when one of them is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/**
 * Milliseconds since 1970 of an RFC 3339 date-time; digits after the third of the fraction are cut off.
 * A leap second is the first instant of the next minute. Undefined when it is no such time.
 */
export function parseRfc3339(text: string): number | undefined {
  // What `toISOString` writes, as nearly every sender does, at a tenth of the cost.
  if (text.length === 24 && text[10] === 'T' && text[23] === 'Z') {
    const ms = readTime(text);
    if (ms !== undefined) return ms;
  }
  // An unbounded fraction is allowed by the grammar, not by patience.
  const match = text.length <= 64 ? rfc3339.exec(text) : null;
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match;
  const [y, mo, d, h, mi, s] = [
    +(year ?? 0),
    +(month ?? 0),
    +(day ?? 0),
    +(hour ?? 0),
    +(minute ?? 0),
    +(second ?? 0),
  ];
  if (mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || h > 23 || mi > 59 || s > 60) return undefined;
  const millis = fraction === undefined ? 0 : +fraction.slice(0, 3).padEnd(3, '0');
  const offsetMs =
    sign === undefined
      ? 0
      : (sign === '-' ? -1 : 1) * (+(offsetHour ?? 0) * 60 + +(offsetMinute ?? 0)) * 60_000;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  const minuteMs = date.getTime() + h * 3_600_000 + mi * 60_000 - offsetMs;
  if (s === 60) return minuteMs % dayMs === dayMs - 60_000 ? minuteMs + 60_000 : undefined;
  return minuteMs + s * 1000 + millis;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
