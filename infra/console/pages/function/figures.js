import { h, setText } from '../../dom/element.js';
import { bytes, count, duration, rate } from '../../format/numbers.js';
import { replicasText, replicasTone } from '../functions/replicas.js';

const figures = [
  ['Replicas', replicasText, replicasTone],
  ['Calls/s', (f) => rate(f.callsPerSecond)],
  ['Invocations', (f) => count(f.invocations)],
  ['Errors in a minute', (f) => count(f.errors), (f) => (f.errors > 0 ? 'is-bad' : '')],
  ['p95', (f) => duration(f.p95Seconds)],
  ['In flight', (f) => count(f.inFlight)],
  ['Memory', (f) => bytes(f.residentBytes || null)],
];

export function createFigures() {
  const shown = figures.map(([title, text, tone = () => '']) => ({ title, text, tone, value: h('dd') }));
  return {
    element: h(
      'dl',
      { class: 'figures' },
      ...shown.map(({ title, value }) => h('div', {}, h('dt', {}, title), value)),
    ),
    update: (f) => {
      for (const { value, text, tone } of shown) {
        setText(value, text(f));
        value.className = tone(f);
      }
    },
  };
}
