const dayMs = 86_400_000;

/** Earliest and latest time that every store can hold; the day column of ClickHouse ends in 2149. */
export const earliestMs = Date.UTC(1970, 0, 1);
export const latestMs = Date.UTC(2149, 0, 1);

let cachedDay = Number.NaN;
let cachedDayText = '-';

/** Milliseconds since 1970 as `YYYY-MM-DD hh:mm:ss.mmm` in UTC, the text that ClickHouse's DateTime64(3) takes exactly. */
export function dateTimeText(ms: number): string {
  const day = Math.floor(ms / dayMs);
  if (day !== cachedDay) {
    cachedDay = day;
    cachedDayText = new Date(day * dayMs).toISOString().slice(0, 10);
  }
  const rest = ms - day * dayMs;
  return `${cachedDayText} ${two(Math.floor(rest / 3_600_000))}:${two(Math.floor(rest / 60_000) % 60)}:${two(Math.floor(rest / 1000) % 60)}.${three(rest % 1000)}`;
}

/** The reverse of `dateTimeText`; undefined for anything else, days that do not exist included. */
export function parseDateTimeText(text: string): number | undefined {
  if (text.length !== 23) return undefined;
  const day = text.startsWith(cachedDayText) ? cachedDay : Date.parse(text.slice(0, 10)) / dayMs;
  const ms =
    day * dayMs +
    +text.slice(11, 13) * 3_600_000 +
    +text.slice(14, 16) * 60_000 +
    +text.slice(17, 19) * 1000 +
    +text.slice(20);
  if (!(ms >= earliestMs && ms < latestMs)) return undefined;
  // Whatever else the pieces may have been taken for: only the one form comes out as it went in.
  return dateTimeText(ms) === text ? ms : undefined;
}

const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/**
 * Milliseconds since 1970 of an RFC 3339 date-time; digits after the third of the fraction are cut off.
 * A leap second is the first instant of the next minute. Undefined when it is no such time.
 */
export function parseRfc3339(text: string): number | undefined {
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

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

function three(n: number): string {
  return n < 10 ? `00${n}` : n < 100 ? `0${n}` : String(n);
}
