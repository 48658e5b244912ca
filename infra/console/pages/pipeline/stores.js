import { h } from '../../dom/element.js';
import { createTable, textCell } from '../../dom/table.js';
import { duration, rate } from '../../format/numbers.js';

const names = { mongodb: 'MongoDB', clickhouse: 'ClickHouse' };

/** What is written to the stores, and how long after it was received. */
export function createStores() {
  const table = createTable({
    caption: 'Stores',
    empty: '',
    keyOf: (store) => store.name,
    columns: [
      { title: 'Store', head: true, cell: textCell((s) => names[s.name] ?? s.name) },
      { title: 'Rows/s', kind: 'number', cell: textCell((s) => rate(s.rowsPerSecond)) },
      { title: 'Write, p95', kind: 'number', cell: textCell((s) => duration(s.writeP95Seconds)) },
      {
        title: 'Latency, p50',
        kind: 'number',
        cell: textCell((s) => duration(s.latencyP50Seconds)),
      },
      { title: 'Latency, p99', kind: 'number', cell: textCell((s) => duration(s.latencyP99Seconds)) },
      {
        title: 'Errors/s',
        kind: 'number',
        cell: textCell(
          (s) => rate(s.errorsPerSecond),
          (s) => (s.errorsPerSecond > 0 ? 'is-bad' : ''),
        ),
      },
    ],
  });
  return {
    element: h('section', {}, h('h2', {}, 'Stores'), table.element),
    update: (state) => table.update(state.stores),
  };
}
