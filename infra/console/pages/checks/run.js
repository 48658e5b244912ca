import { h } from '../../dom/element.js';
import { onSubmit, outcome } from '../../dom/form.js';
import { requestJson } from '../../gateway/request.js';
import { summaryOf } from './verdict-words.js';

/** Runs a check at once. */
export function createRun({ onVerdict }) {
  const full = h('input', { type: 'checkbox', id: 'full' });
  const said = outcome();
  const form = h(
    'form',
    { class: 'run', 'aria-label': 'Run a check' },
    h('button', { type: 'submit', class: 'primary' }, 'Check now'),
    h('span', { class: 'check' }, full, h('label', { for: 'full' }, 'count all of MongoDB too')),
    said.element,
  );
  onSubmit(form, said, async () => {
    said.busy('Waiting until both sinks have what Kafka has, then comparing …');
    const verdict = await requestJson('POST', '/function/aggregation-check', { full: full.checked });
    onVerdict();
    return `Done: ${summaryOf(verdict)}.`;
  });
  return form;
}
