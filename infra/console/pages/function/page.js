import { h } from '../../dom/element.js';
import { createDelete } from './delete.js';
import { createDetails } from './details.js';
import { createFigures } from './figures.js';
import { createInvoke } from './invoke.js';
import { createLogs } from './logs.js';
import { createScale } from './scale.js';

/** One function: figures, call, scale, logs, how it was deployed, delete. */
export default function functionPage({ live, params: { name } }) {
  const gone = h('p', { class: 'outcome bad', role: 'status', hidden: true });
  gone.textContent = 'It is not deployed (any more).';
  const parts = [
    createFigures(name),
    createInvoke(name),
    createScale(name),
    createLogs(name, live),
    createDetails(name),
    createDelete(name),
  ];
  return {
    title: name,
    element: h(
      'div',
      {},
      h('p', { class: 'crumb' }, h('a', { href: '#/functions' }, 'All functions')),
      gone,
      ...parts.map((part) => part.element),
    ),
    update: (state) => {
      const mine = state.functions.find((f) => f.name === name);
      gone.hidden = mine !== undefined;
      if (mine !== undefined) for (const part of parts) part.update?.(mine, state);
    },
    close: () => {
      for (const part of parts) part.close?.();
    },
  };
}
