import { h, setAttribute, setText } from '../../dom/element.js';
import { keyed } from '../../dom/keyed.js';
import { compact, duration } from '../../format/numbers.js';

/** Lag of each function on each partition, in records and seconds. */
export function createLag() {
  const head = h('tr');
  const body = h('tbody');
  const nothing = h('p', { class: 'empty' }, 'The connector tells of no partition yet.');
  const showRows = keyed(body, (row) => `${row.name} ${row.topic}`, createRow);
  const showHead = keyed(
    head,
    (column) => String(column),
    (column) =>
      column === 'name'
        ? { element: h('th', { scope: 'col' }, 'Function') }
        : { element: h('th', { scope: 'col', class: 'number' }, `Partition ${column}`) },
  );

  return {
    element: h(
      'section',
      {},
      h('h2', {}, 'Lag'),
      h(
        'div',
        { class: 'scroll', role: 'region', 'aria-label': 'Lag per function and partition', tabindex: 0 },
        h(
          'table',
          { class: 'lag' },
          h('caption', { class: 'unseen' }, 'Lag in records and seconds'),
          h('thead', {}, head),
          body,
        ),
      ),
      nothing,
    ),
    update: ({ consumers }) => {
      const rows = consumers.flatMap(rowsOf);
      const width = Math.max(0, ...rows.flatMap((row) => row.partitions.map((p) => p.partition + 1)));
      nothing.hidden = rows.length > 0;
      showHead(rows.length === 0 ? [] : ['name', ...Array.from({ length: width }, (_, i) => i)]);
      showRows(rows.map((row) => ({ ...row, width })));
    },
  };
}

/** One row a topic; retry topics only while there is something on them. */
function rowsOf({ name, partitions }) {
  const topics = [...new Set(partitions.map((p) => p.topic))];
  return topics
    .map((topic) => ({ name, topic, partitions: partitions.filter((p) => p.topic === topic) }))
    .filter((row) => !row.topic.endsWith('.retry') || row.partitions.some((p) => p.lagRecords > 0));
}

function createRow({ name, topic, width: createdWidth }) {
  const element = h(
    'tr',
    {},
    h('th', { scope: 'row' }, topic.endsWith('.retry') ? `${name}, redriven` : name),
  );
  const cells = [];
  const grow = (width) => {
    while (cells.length < width) {
      const records = h('span');
      const seconds = h('span', { class: 'seconds' });
      const cell = h('td', {}, records, seconds);
      cells.push({ cell, records, seconds });
      element.append(cell);
    }
  };
  grow(createdWidth);
  return {
    element,
    update: ({ partitions, width }) => {
      grow(width);
      for (const [i, { cell, records, seconds }] of cells.entries()) {
        const found = partitions.find((p) => p.partition === i);
        setText(records, found === undefined ? '' : compact(found.lagRecords));
        setText(seconds, found === undefined ? '' : [duration(found.lagSeconds), ...found.paused].join(', '));
        setAttribute(cell, 'class', found === undefined ? null : toneOf(found) || null);
      }
    },
  };
}

function toneOf({ lagSeconds, paused }) {
  if (lagSeconds > 30) return 'is-bad';
  return lagSeconds > 5 || paused.length > 0 ? 'is-warning' : '';
}
