import { h } from '../../dom/element.js';
import { field, onSubmit, outcome } from '../../dom/form.js';
import { scaleFunction } from '../../gateway/functions.js';

export function createScale(name) {
  const replicas = h('input', { type: 'number', min: 0, max: 1000, required: true, inputmode: 'numeric' });
  const said = outcome();
  const form = h(
    'form',
    { class: 'row', 'aria-label': `Scale ${name}` },
    field('Replicas', replicas),
    h('button', { type: 'submit' }, 'Scale'),
    said.element,
  );
  onSubmit(form, said, async () => {
    const wanted = Number(replicas.value);
    await scaleFunction(name, wanted);
    return wanted === 0 ? 'Scaled to zero; the next call wakes it.' : `Asked for ${wanted}.`;
  });
  let filled = false;
  return {
    element: h(
      'section',
      {},
      h('h2', {}, 'Scale'),
      form,
      h('p', { class: 'hint' }, 'The autoscaler may change it again where the function has a lag target.'),
    ),
    update: ({ desired }) => {
      if (!filled) replicas.value = String(desired);
      filled = true;
    },
  };
}
