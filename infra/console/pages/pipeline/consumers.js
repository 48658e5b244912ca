import { h } from '../../dom/element.js';
import { createTable, textCell } from '../../dom/table.js';
import { compact, duration, rate } from '../../format/numbers.js';

/** What the connector delivers to each function. */
export function createConsumers() {
  const table = createTable({
    caption: 'Deliveries to functions',
    empty: 'The connector delivers to no function yet.',
    keyOf: (consumer) => consumer.name,
    columns: [
      { title: 'Function', head: true, cell: textCell((c) => c.name) },
      { title: 'Delivered/s', kind: 'number', cell: textCell((c) => rate(c.deliveredPerSecond)) },
      { title: 'Batch, mean', kind: 'number', cell: textCell((c) => compact(c.batchMean)) },
      { title: 'Batch, p95', kind: 'number wide-only', cell: textCell((c) => compact(c.batchP95)) },
      { title: 'Call, p95', kind: 'number', cell: textCell((c) => duration(c.callP95Seconds)) },
      {
        title: 'Retries/s',
        kind: 'number wide-only',
        cell: textCell(
          (c) => rate(c.retriesPerSecond),
          (c) => (c.retriesPerSecond > 0 ? 'is-warning' : ''),
        ),
      },
      {
        title: 'Dead letters/s',
        kind: 'number',
        cell: textCell(
          (c) => rate(c.deadLettersPerSecond),
          (c) => (c.deadLettersPerSecond > 0 ? 'is-bad' : ''),
        ),
      },
    ],
  });
  return {
    element: h('section', {}, h('h2', {}, 'Deliveries'), table.element),
    update: (state) => table.update(state.consumers),
  };
}
