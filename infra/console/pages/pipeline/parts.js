import { h, setText } from '../../dom/element.js';
import { keyed } from '../../dom/keyed.js';
import { bytes } from '../../format/numbers.js';

/** Which part is up, and its memory. */
export function createParts() {
  const element = h('ul', { class: 'parts', 'aria-label': 'Parts of the platform' });
  const show = keyed(
    element,
    (part) => part.name,
    (part) => {
      const word = h('strong');
      const memory = h('span', { class: 'hint' });
      return {
        element: h('li', {}, `${part.name} `, word, ' ', memory),
        update: ({ up, residentBytes }) => {
          setText(word, up ? 'up' : 'down');
          word.className = up ? 'is-good' : 'is-bad';
          setText(memory, residentBytes === null ? '' : bytes(residentBytes));
        },
      };
    },
  );
  return { element, update: (state) => show(state.parts) };
}
