import { h } from '../../dom/element.js';
import { compact, count, duration, rate } from '../../format/numbers.js';
import { createPlot } from '../../plots/plot.js';
import { columnsOf } from '../../plots/points.js';

const perSecond = (value) => `${rate(value)}/s`;

/** Plots that are there whatever is deployed; `keys` name series of the live points. */
const fixed = [
  {
    title: 'Events per second',
    format: rate,
    keys: ['sent', 'rows:mongodb', 'rows:clickhouse'],
    series: [
      { label: 'sent', format: perSecond },
      { label: 'to MongoDB', format: perSecond },
      { label: 'to ClickHouse', format: perSecond, dashed: true },
    ],
  },
  {
    title: 'Latency, received to stored',
    format: duration,
    keys: ['p50:mongodb', 'p99:mongodb', 'p50:clickhouse', 'p99:clickhouse'],
    series: [
      { label: 'MongoDB p50', format: duration },
      { label: 'p99', format: duration },
      { label: 'ClickHouse p50', format: duration, dashed: true },
      { label: 'p99', format: duration, dashed: true },
    ],
  },
  {
    title: 'Errors and dead letters per second',
    format: rate,
    keys: ['errors', 'deadLetters'],
    series: [
      { label: 'answers of 500 and above', format: perSecond },
      { label: 'dead letters', format: perSecond, dashed: true },
    ],
  },
];

const ofConsumer = (name) => ({
  title: `${name}: lag and replicas`,
  format: compact,
  rightFormat: count,
  keys: [`lag:${name}`, `replicas:${name}`],
  series: [
    { label: 'lag in records', format: compact },
    { label: 'replicas', format: count, scale: 'right', stepped: true },
  ],
});

/** The last minutes as plots: rates, latency, errors, and for each consumer its replicas against its lag. */
export function createPlots(live) {
  const holder = h('div', { class: 'plots' });
  const minutes = createRange(() => show());
  const plots = new Map();

  function show() {
    const points = live.points();
    const from = (points.at(-1)?.atMs ?? 0) - minutes.value() * 60_000;
    const shown = points.filter((point) => point.atMs >= from);
    for (const { plot, keys } of plots.values()) plot.update(columnsOf(shown, keys));
  }

  function want(definitions) {
    for (const definition of definitions) {
      if (plots.has(definition.title)) continue;
      const plot = createPlot(definition);
      plots.set(definition.title, { plot, keys: definition.keys });
      holder.append(plot.element);
    }
  }
  want(fixed);

  return {
    element: h('section', {}, h('h2', {}, 'The last minutes'), minutes.element, holder),
    update: (state) => {
      want(state.consumers.map(({ name }) => ofConsumer(name)));
      show();
    },
    close: () => {
      for (const { plot } of plots.values()) plot.close();
    },
  };
}

function createRange(onChange) {
  const options = [1, 5, 15].map((minutes) => {
    const input = h('input', { type: 'radio', name: 'minutes', value: minutes, checked: minutes === 5 });
    input.addEventListener('change', onChange);
    return { input, label: h('label', {}, input, minutes === 1 ? '1 minute' : `${minutes} minutes`) };
  });
  return {
    element: h(
      'fieldset',
      { class: 'ranges' },
      h('legend', {}, 'Show'),
      ...options.map(({ label }) => label),
    ),
    value: () => Number(options.find(({ input }) => input.checked)?.input.value ?? 5),
  };
}
