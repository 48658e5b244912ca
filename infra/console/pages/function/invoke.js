import { h } from '../../dom/element.js';
import { field, onSubmit, outcome, select } from '../../dom/form.js';
import { bytes, duration } from '../../format/numbers.js';
import { readAnswer } from './read-answer.js';

/** Calls the function and shows status, time and answer. */
export function createInvoke(name) {
  const method = select(['POST', 'GET', 'PUT', 'PATCH', 'DELETE']);
  const path = h('input', { type: 'text', value: '/', spellcheck: 'false', autocomplete: 'off' });
  const type = select(['application/json', 'application/x-ndjson', 'text/plain']);
  const when = select([
    ['function', 'now'],
    ['async-function', 'later, queued'],
  ]);
  const body = h('textarea', { rows: 5, spellcheck: 'false' });
  const said = outcome();
  const result = h('div', { class: 'result', hidden: true });
  const send = h('button', { type: 'submit', class: 'primary' }, 'Invoke');
  const form = h(
    'form',
    { 'aria-label': `Invoke ${name}` },
    h(
      'div',
      { class: 'row' },
      field('Method', method),
      field('Path and query', path, { class: 'grows' }),
      field('Body is', type),
      field('Call it', when),
    ),
    field('Body', body),
    h('div', { class: 'buttons' }, send),
    said.element,
  );
  let running;

  onSubmit(form, said, async () => {
    result.hidden = true;
    running = new AbortController();
    const begun = performance.now();
    const withBody = method.value !== 'GET' && body.value !== '';
    const target = `/${when.value}/${encodeURIComponent(name)}/${path.value.replace(/^\/+/, '')}`;
    let answer;
    try {
      answer = await fetch(target, {
        method: method.value,
        // What a function sends as a redirect is shown, not followed.
        redirect: 'manual',
        headers: withBody ? { 'content-type': type.value } : {},
        body: withBody ? body.value : undefined,
        signal: running.signal,
      });
    } catch {
      throw new Error('The gateway does not answer, or the call was broken off.');
    }
    const read = await readAnswer(answer);
    const seconds = (performance.now() - begun) / 1000;
    show(result, { answer, read, seconds });
  });

  return {
    element: h('section', {}, h('h2', {}, 'Invoke'), form, result),
    close: () => running?.abort(),
  };
}

function show(result, { answer, read, seconds }) {
  const { text, size, cut, binary } = read;
  const redirect = answer.type === 'opaqueredirect';
  const status = redirect ? 'A redirect' : `${answer.status} ${answer.statusText}`.trim();
  result.replaceChildren(
    h(
      'p',
      { class: 'result-line', role: 'status' },
      h('strong', { class: answer.ok ? 'is-good' : 'is-bad' }, status),
      ` in ${duration(seconds)}, ${bytes(size)}`,
      cut && ' (the beginning is shown)',
    ),
    h(
      'details',
      {},
      h('summary', {}, 'Headers'),
      h(
        'pre',
        { tabindex: 0, 'aria-label': 'Headers of the answer' },
        [...answer.headers].map(([k, v]) => `${k}: ${v}`).join('\n'),
      ),
    ),
    h('pre', { tabindex: 0, 'aria-label': 'Answer' }, binary ? '(binary)' : text || '(empty)'),
  );
  result.hidden = false;
}
