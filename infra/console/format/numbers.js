const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

const unknown = '–';
const isUnknown = (value) => value === null || value === undefined || Number.isNaN(value);

/** 12345 → "12,345" */
export const count = (value) => (isUnknown(value) ? unknown : grouped.format(value));

/** 12345 → "12.3K" */
export const compact = (value) =>
  isUnknown(value) ? unknown : Math.abs(value) < 1000 ? trimmed(value) : short.format(value);

/** Per second: 0.05 → "0.05", 1234.5 → "1,235" */
export function rate(value) {
  if (isUnknown(value)) return unknown;
  if (value >= 10_000) return short.format(value);
  return value >= 100 ? grouped.format(value) : trimmed(value);
}

/** Seconds → "3.2 ms", "1.4 s", "2 min 5 s", "3 h 2 min" */
export function duration(seconds) {
  if (isUnknown(seconds)) return unknown;
  if (seconds === 0) return '0 s';
  if (seconds < 1) return `${trimmed(seconds * 1000)} ms`;
  if (seconds < 60) return `${trimmed(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return two(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) return two(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return two(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

/** 1536 → "1.5 KiB" */
export function bytes(value) {
  if (isUnknown(value)) return unknown;
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${trimmed(scaled)} ${units[unit]}`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const two = (a, unitA, b, unitB) => (b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`);

/** At most three digits that say something. */
function trimmed(value) {
  if (value === 0) return '0';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toFixed(digits);
  return Number(text) === 0 ? '<0.01' : String(Number(text));
}
