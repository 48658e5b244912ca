import { confirm } from '../../dom/confirm.js';
import { h } from '../../dom/element.js';
import { outcome } from '../../dom/form.js';
import { deleteFunction } from '../../gateway/functions.js';

export function createDelete(name) {
  const said = outcome();
  const ask = async () => {
    const sure = await confirm({
      title: `Delete ${name}?`,
      text: 'Its replicas finish the calls they have and end. What it wrote stays; the connector stops to deliver to it.',
      action: `Delete ${name}`,
    });
    if (!sure) return;
    try {
      await deleteFunction(name);
      location.hash = '#/functions';
    } catch (error) {
      said.bad(error);
    }
  };
  return {
    element: h(
      'section',
      {},
      h('h2', {}, 'Delete'),
      h('button', { type: 'button', class: 'danger', onclick: ask }, 'Delete this function'),
      said.element,
    ),
  };
}
