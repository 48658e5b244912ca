import { h } from '../dom/element.js';

export default function nowherePage() {
  return {
    title: 'No such page',
    element: h(
      'p',
      {},
      'There is nothing at this address. ',
      h('a', { href: '#/pipeline' }, 'To the pipeline'),
    ),
  };
}
