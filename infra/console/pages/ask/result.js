import { h, svg } from '../../dom/element.js';
import { compact, count, duration } from '../../format/numbers.js';
import { createPlot } from '../../plots/plot.js';
import { linesOf, shapeOf } from './shape.js';

/** Rows that a page can show; the download has all. */
const shownRows = 500;

/** An answer: how it was computed, a plot where it tells of times, and the rows. */
export function createResult({ rows, meta }) {
  const shape = shapeOf(rows);
  const plot = shape?.time === undefined || rows.length < 2 ? undefined : plotOf(rows, shape);
  return {
    element: h(
      'div',
      {},
      h('p', { class: 'result-line', role: 'status' }, summaryOf(rows, meta)),
      plot?.element,
      rows.length > 0 && tableOf(rows, shape),
      rows.length > shownRows &&
        h(
          'p',
          { class: 'hint' },
          `The first ${shownRows} of ${count(rows.length)} rows; the download has all.`,
        ),
    ),
    close: () => plot?.close(),
  };
}

function summaryOf(rows, { computed, elapsed_ms: elapsedMs, rows_read: rowsRead }) {
  const parts = [rows.length === 1 ? '1 row' : `${count(rows.length)} rows`];
  if (elapsedMs !== undefined) parts.push(`in ${duration(elapsedMs / 1000)}`);
  if (rowsRead !== undefined) parts.push(`${count(rowsRead)} rows read`);
  return `${parts.join(', ')}. ${computed ?? ''}`;
}

function plotOf(rows, shape) {
  const { labels, data } = linesOf(rows, shape);
  const plot = createPlot({
    title: shape.measure.replaceAll('_', ' '),
    format: compact,
    series: labels.map((label) => ({ label, format: () => '' })),
    ...(shape.timeKind === 'number' && { xFormat: (hour) => `${hour} h` }),
  });
  plot.update(data);
  return plot;
}

function tableOf(rows, shape) {
  const columns = Object.keys(rows[0]);
  const bars = shape !== undefined && shape.time === undefined && shape.by.length > 0;
  const most = bars ? Math.max(...rows.map((row) => Number(row[shape.measure]))) : 0;
  const isNumber = (column) => typeof rows[0][column] === 'number' || column === shape?.measure;
  return h(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': 'Rows of the answer', tabindex: 0 },
    h(
      'table',
      {},
      h('caption', { class: 'unseen' }, 'Rows of the answer'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...columns.map((column) => h('th', { scope: 'col', class: isNumber(column) && 'number' }, column)),
          bars && h('td', { class: 'wide-only' }),
        ),
      ),
      h(
        'tbody',
        {},
        ...rows
          .slice(0, shownRows)
          .map((row) =>
            h(
              'tr',
              {},
              ...columns.map((column) =>
                h('td', { class: isNumber(column) && 'number' }, textOf(row[column], column)),
              ),
              bars && h('td', { class: 'wide-only bar' }, bar(Number(row[shape.measure]) / most)),
            ),
          ),
      ),
    ),
  );
}

function bar(share) {
  return svg(
    'svg',
    { viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { width: Math.max(0.5, share * 100), height: 8 }),
  );
}

function textOf(value, column) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  // Counts are read; ids are compared and stay as they are.
  return typeof value === 'number' && /count|events|users$/.test(column) ? count(value) : String(value);
}
