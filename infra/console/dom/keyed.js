/**
 * Keeps one child of `parent` for each item, in order. A child whose item stays is updated and not made anew, so
 * that focus and selection survive.
 *
 * @template T
 * @param {Element} parent
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => {element: Element, update?: (item: T) => void}} create
 * @returns {(items: readonly T[]) => void}
 */
export function keyed(parent, keyOf, create) {
  const rows = new Map();
  return (items) => {
    const keys = new Set(items.map(keyOf));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    let previous = null;
    for (const item of items) {
      const key = keyOf(item);
      let row = rows.get(key);
      if (row === undefined) {
        row = create(item);
        rows.set(key, row);
      }
      row.update?.(item);
      const place = previous === null ? parent.firstElementChild : previous.nextElementSibling;
      if (row.element !== place) parent.insertBefore(row.element, place);
      previous = row.element;
    }
  };
}
