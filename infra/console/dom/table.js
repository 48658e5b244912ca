import { h } from './element.js';
import { keyed } from './keyed.js';

/**
 * A table of live rows.
 *
 * @param {{caption: string, empty: string, keyOf: (item: any) => string,
 *   columns: {title: string, kind?: 'number' | 'wide-only number' | 'wide-only', head?: boolean, cell: (item: any) => {element: Node, update?: (item: any) => void}}[]}} options
 *   `wide-only` columns vanish on a phone; `head` marks the cell that names the row.
 */
export function createTable({ caption, empty, keyOf, columns }) {
  const body = h('tbody');
  const nothing = h('p', { class: 'empty' }, empty);
  const element = h(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: 0 },
    h(
      'table',
      {},
      h('caption', { class: 'unseen' }, caption),
      h('thead', {}, h('tr', {}, ...columns.map((c) => h('th', { scope: 'col', class: c.kind }, c.title)))),
      body,
    ),
    nothing,
  );
  const show = keyed(body, keyOf, (item) => {
    const cells = columns.map((column) => ({ column, ...column.cell(item) }));
    return {
      element: h(
        'tr',
        {},
        ...cells.map(({ column, element: content }) =>
          h(
            column.head ? 'th' : 'td',
            { scope: column.head ? 'row' : null, class: column.kind, 'data-title': column.title },
            content,
          ),
        ),
      ),
      update: (next) => {
        for (const cell of cells) cell.update?.(next);
      },
    };
  });
  return {
    element,
    update: (items) => {
      nothing.hidden = items.length > 0;
      show(items);
    },
  };
}

/** A cell of live text. */
export function textCell(textOf, classOf = () => '') {
  return () => {
    const element = h('span');
    return {
      element,
      update: (item) => {
        const text = String(textOf(item));
        if (element.textContent !== text) element.textContent = text;
        element.className = classOf(item);
      },
    };
  };
}
