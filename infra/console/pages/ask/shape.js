/** Columns that tell a time, by what they hold. */
const times = { time: 'time', event_date: 'time', hour: 'number' };

/** Columns that are counted. */
const isMeasure = (name) => /(_count|_events|_users|^count|^users|^sessions|_sum|^revenue)$/.test(name);

/**
 * What rows are made of: the column of time if there is one, those they are broken down by, and the one counted.
 *
 * @param {readonly Record<string, unknown>[]} rows
 */
export function shapeOf(rows) {
  const names = Object.keys(rows[0] ?? {});
  const time = names.find((name) => Object.hasOwn(times, name));
  const measure = names.findLast(isMeasure);
  if (measure === undefined) return undefined;
  const by = names.filter((name) => name !== time && name !== measure);
  return { time, timeKind: time === undefined ? undefined : times[time], by, measure };
}

/**
 * Rows as lines over time: the largest groups by themselves, the rest as one.
 *
 * @returns {{labels: string[], data: (number | null)[][]}}
 */
export function linesOf(rows, { time, timeKind, by, measure }, most = 4) {
  const totals = new Map();
  for (const row of rows)
    totals.set(nameOf(row, by), (totals.get(nameOf(row, by)) ?? 0) + Number(row[measure]));
  const ranked = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const own = new Set(ranked.length <= most ? ranked : ranked.slice(0, most - 1));
  const labels = ranked.length <= most ? ranked : [...own, `${ranked.length - own.size} others`];
  const xs = [...new Set(rows.map((row) => xOf(row[time], timeKind)))].sort((a, b) => a - b);
  const at = new Map(xs.map((x, i) => [x, i]));
  // Where a period has no row of a group, it had no event.
  const lines = labels.map(() => xs.map(() => 0));
  for (const row of rows) {
    const name = nameOf(row, by);
    const line = own.has(name) ? labels.indexOf(name) : labels.length - 1;
    lines[line][at.get(xOf(row[time], timeKind))] += Number(row[measure]);
  }
  return { labels, data: [xs, ...lines] };
}

const nameOf = (row, by) => by.map((column) => String(row[column]) || '(none)').join(', ') || 'all';

/** Seconds since 1970, or the number itself. ClickHouse writes times as "2026-11-22 10:00:00". */
function xOf(value, kind) {
  if (kind === 'number') return Number(value);
  const text = String(value).replace(' ', 'T');
  return (
    Date.parse(
      /T.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : text.includes('T') ? `${text}Z` : `${text}T00:00:00Z`,
    ) / 1000
  );
}
