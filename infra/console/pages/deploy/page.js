import { h } from '../../dom/element.js';
import { createFormDeploy } from './from-form.js';
import { createStackDeploy } from './from-stack.js';

/** Deploy from a form, or from a pasted part of a stack.yml. */
export default function deployPage() {
  let names = new Set();
  const exists = (name) => names.has(name);
  return {
    title: 'Deploy',
    element: h(
      'div',
      {},
      h('p', { class: 'crumb' }, h('a', { href: '#/functions' }, 'All functions')),
      createFormDeploy({ exists }),
      createStackDeploy({ exists }),
    ),
    update: (state) => {
      names = new Set(state.functions.map((f) => f.name));
    },
  };
}
