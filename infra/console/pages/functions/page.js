import { h } from '../../dom/element.js';
import { createTable, textCell } from '../../dom/table.js';
import { bytes, compact, count, duration, rate } from '../../format/numbers.js';
import { replicasText, replicasTone } from './replicas.js';

/** All functions with their figures. */
export default function functionsPage() {
  const table = createTable({
    caption: 'Functions',
    empty: 'No function is deployed. `make deploy` deploys those of stack.yml.',
    keyOf: (f) => f.name,
    columns: [
      { title: 'Function', head: true, cell: nameCell },
      { title: 'Replicas', kind: 'number', cell: textCell(replicasText, replicasTone) },
      { title: 'Invocations', kind: 'number wide-only', cell: textCell((f) => count(f.invocations)) },
      { title: 'Calls/s', kind: 'number', cell: textCell((f) => rate(f.callsPerSecond)) },
      {
        title: 'Errors in a minute',
        kind: 'number',
        cell: textCell(
          (f) => compact(f.errors),
          (f) => (f.errors > 0 ? 'is-bad' : ''),
        ),
      },
      { title: 'p95', kind: 'number', cell: textCell((f) => duration(f.p95Seconds)) },
      { title: 'In flight', kind: 'number wide-only', cell: textCell((f) => count(f.inFlight)) },
      { title: 'Memory', kind: 'number wide-only', cell: textCell((f) => bytes(f.residentBytes || null)) },
    ],
  });
  return {
    title: 'Functions',
    element: h(
      'div',
      {},
      h('p', { class: 'actions' }, h('a', { class: 'button', href: '#/deploy' }, 'Deploy a function')),
      table.element,
      h(
        'p',
        { class: 'hint' },
        'Calls per second over the last ten seconds; errors (answers of 500 and above) and p95 over the last minute.',
      ),
    ),
    update: (state) => table.update(state.functions),
  };
}

function nameCell({ name }) {
  return { element: h('a', { href: `#/functions/${encodeURIComponent(name)}` }, name) };
}
