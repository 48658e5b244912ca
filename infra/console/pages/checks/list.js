import { h } from '../../dom/element.js';
import { createTable, textCell } from '../../dom/table.js';
import { count, duration } from '../../format/numbers.js';
import { dateAndTime } from '../../format/times.js';
import { differencesOf, summaryOf, toneOf } from './verdict-words.js';

/** Verdicts, newest first; those that differ say in what. Those that found nothing are shown when asked for. */
export function createList() {
  const equal = h('input', { type: 'checkbox', id: 'equal-too' });
  const table = createVerdicts();
  let verdicts = [];
  const show = () => table.update(verdicts.filter((v) => equal.checked || v.status !== 'ok'));
  equal.addEventListener('change', show);
  return {
    element: h(
      'div',
      {},
      h(
        'p',
        { class: 'field check' },
        equal,
        h('label', { for: 'equal-too' }, 'Those that found all equal too'),
      ),
      table.element,
    ),
    update: (next) => {
      verdicts = next;
      show();
    },
  };
}

function createVerdicts() {
  return createTable({
    caption: 'Checks, newest first',
    empty: 'No check in these hours found a difference.',
    keyOf: (verdict) => verdict.checked_at,
    columns: [
      { title: 'Checked', head: true, cell: textCell((v) => dateAndTime(v.checked_at)) },
      { title: 'Found', cell: foundCell },
      { title: 'Events', kind: 'number', cell: textCell((v) => count(v.checked?.events)) },
      { title: 'Scope', kind: 'wide-only', cell: textCell((v) => v.scope) },
      { title: 'Took', kind: 'number wide-only', cell: textCell((v) => duration(v.duration_ms / 1000)) },
    ],
  });
}

function foundCell(verdict) {
  const words = h('span', { class: `is-${toneOf(verdict)}` }, summaryOf(verdict));
  const lines = differencesOf(verdict);
  if (lines.length === 0) return { element: words };
  return {
    element: h(
      'details',
      {},
      h('summary', {}, words),
      h('ul', { class: 'differences' }, ...lines.map((line) => h('li', {}, line))),
    ),
  };
}
