import { h, setText, svg } from '../dom/element.js';
import { dayOfYear, timeOfDay } from '../format/times.js';
import uPlot from '../vendor/uPlot.esm.js';
import { onSchemeChange, plotColours } from './colours.js';

/**
 * A plot over time with its legend of last values. The canvas is a picture to a screen reader; the legend says
 * what it shows in words.
 *
 * @param {{title: string, series: readonly {label: string, format: (value: number) => string, scale?: 'y' | 'right', stepped?: boolean, dashed?: boolean}[],
 *   format: (value: number) => string, rightFormat?: (value: number) => string, xFormat?: (value: number) => string}} options
 *   `right` series have an axis of their own at the right; with `xFormat` x is a number and not a time.
 */
export function createPlot({ title, series, format, rightFormat, xFormat }) {
  const values = series.map(() => h('span'));
  const holder = h('div', { class: 'canvas', role: 'img', 'aria-label': title });
  const element = h(
    'div',
    { class: 'plot' },
    h('h3', {}, title),
    h(
      'ul',
      { class: 'legend' },
      ...series.map((one, i) =>
        h(
          'li',
          {},
          svg(
            'svg',
            { viewBox: '0 0 20 10', 'aria-hidden': 'true' },
            svg('path', {
              d: 'M0 5H20',
              class: `stroke-${i + 1}`,
              'stroke-width': 3,
              'stroke-dasharray': one.dashed ? '5 3' : null,
            }),
          ),
          `${one.label} `,
          values[i],
        ),
      ),
    ),
    holder,
  );
  let data = [[], ...series.map(() => [])];
  let chart;

  function draw() {
    chart?.destroy();
    const width = holder.clientWidth;
    if (width === 0) return;
    chart = new uPlot(chartOptions({ series, format, rightFormat, xFormat, width }), data, holder);
  }
  const observer = new ResizeObserver(() => {
    if (chart === undefined) draw();
    else if (holder.clientWidth > 0) chart.setSize({ width: holder.clientWidth, height: chart.height });
  });
  observer.observe(holder);
  const endScheme = onSchemeChange(draw);

  return {
    element,
    /** @param {number[][]} next times in seconds, then one array a series; null is a gap */
    update: (next) => {
      data = next;
      chart?.setData(next);
      for (const [i, { format: formatLast }] of series.entries()) {
        setText(values[i], formatLast(next[i + 1].findLast((v) => v !== null && v !== undefined) ?? null));
      }
    },
    close: () => {
      observer.disconnect();
      endScheme();
      chart?.destroy();
    },
  };
}

/** Days, or times of the day, with seconds where the marks are closer than a minute. */
function clockTimes(_u, splits, _axis, _space, step) {
  if (step >= 43_200) return splits.map((seconds) => dayOfYear(seconds * 1000));
  return splits.map((seconds) => timeOfDay(seconds * 1000).slice(0, step >= 60 ? 5 : 8));
}

function chartOptions({ series, format, rightFormat, xFormat, width }) {
  const { text, line, strokes } = plotColours();
  const font = '11px system-ui, sans-serif';
  const axis = { stroke: text, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  // From zero, and never without height: a flat line at zero is drawn at the bottom.
  const range = (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1];
  const ofScale = (name) => (_u, splits) => splits.map((v) => (v === null ? '' : name(v)));
  const right = series.some((one) => one.scale === 'right');
  return {
    width,
    height: 150,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      x: { time: xFormat === undefined },
      y: { range },
      ...(right && { right: { range: (_u, _min, max) => [0, Math.max(2, max + 1)] } }),
    },
    axes: [
      { ...axis, size: 26, space: 72, values: xFormat === undefined ? clockTimes : ofScale(xFormat) },
      { ...axis, size: 58, space: 34, values: ofScale(format) },
      ...(right
        ? [
            {
              ...axis,
              side: 1,
              scale: 'right',
              size: 34,
              grid: { show: false },
              incrs: [1, 2, 5, 10, 20, 50],
              values: ofScale(rightFormat),
            },
          ]
        : []),
    ],
    series: [
      {},
      ...series.map((one, i) => ({
        label: one.label,
        scale: one.scale ?? 'y',
        stroke: strokes[i],
        width: 1.75,
        dash: one.dashed ? [6, 4] : undefined,
        points: { show: false },
        ...(one.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
      })),
    ],
  };
}
