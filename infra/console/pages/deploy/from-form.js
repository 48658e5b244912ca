import { h } from '../../dom/element.js';
import { field, onSubmit, outcome } from '../../dom/form.js';
import { deployFunction } from '../../gateway/functions.js';
import { readList, readPairs } from './read-pairs.js';

const text = (attributes) =>
  h('input', { type: 'text', spellcheck: 'false', autocomplete: 'off', ...attributes });
const area = () => h('textarea', { rows: 3, spellcheck: 'false' });

export function createFormDeploy({ exists }) {
  const service = text({ required: true, pattern: '[a-z0-9]([\\-a-z0-9]{0,61}[a-z0-9])?' });
  const image = text({ required: true });
  const environment = area();
  const annotations = area();
  const secrets = text();
  const memory = text({ placeholder: '256Mi' });
  const cpu = text({ placeholder: '500m' });
  const said = outcome();
  const form = h(
    'form',
    { 'aria-label': 'Deploy from a form' },
    h(
      'div',
      { class: 'row' },
      field('Name', service, { hint: 'small letters, digits and -' }),
      field('Image', image, { class: 'grows', hint: 'here its last part names a folder of functions/' }),
    ),
    h(
      'div',
      { class: 'row' },
      field('Environment', environment, { class: 'grows', hint: 'one NAME=value a line' }),
      field('Annotations', annotations, {
        class: 'grows',
        hint: 'one name=value a line, such as topic=events_raw',
      }),
    ),
    h(
      'div',
      { class: 'row' },
      field('Secrets', secrets, { class: 'grows', hint: 'names, separated by commas' }),
      field('Memory limit', memory),
      field('CPU limit', cpu),
    ),
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, 'Deploy')),
    said.element,
  );
  onSubmit(form, said, async () => {
    const limits = { ...(memory.value && { memory: memory.value }), ...(cpu.value && { cpu: cpu.value }) };
    const deployment = {
      service: service.value,
      image: image.value,
      envVars: readPairs(environment.value, 'Environment'),
      annotations: readPairs(annotations.value, 'Annotations'),
      secrets: readList(secrets.value),
      ...(Object.keys(limits).length > 0 && { limits }),
    };
    const done = await deployFunction(deployment, { exists: exists(service.value) });
    return `${service.value}: ${done}.`;
  });
  return h('section', {}, h('h2', {}, 'From a form'), form);
}
