import { h } from '../../dom/element.js';
import { field, onSubmit, outcome, select } from '../../dom/form.js';
import { requestJson } from '../../gateway/request.js';
import { addressOf, curlOf } from './address.js';
import { createControls } from './controls.js';
import { loadQuestions } from './document.js';
import { createKey } from './key.js';
import { createResult } from './result.js';
import { statementOf } from './statement.js';

/** The questions of `query`, with pickers; the answer, and how to ask the same elsewhere. */
export default function askPage({ query }) {
  const content = h('div', {}, h('p', { class: 'outcome busy' }, '…'));
  let shown;
  loadQuestions().then(
    (questions) => {
      shown = createAsk(questions, query);
      content.replaceChildren(shown.element);
    },
    (error) => {
      content.replaceChildren(
        h('p', { class: 'outcome bad' }, `The function query cannot be asked: ${error.message}`),
        h('p', { class: 'hint' }, 'make deploy deploys it; then load this page again.'),
      );
    },
  );
  return { title: 'Ask', element: content, close: () => shown?.close() };
}

function createAsk(questions, given) {
  const picker = select(questions.map(({ path, summary }) => [path, summary.split('. ')[0]]));
  const form = h('form', { 'aria-label': 'Question' });
  const said = outcome();
  const result = h('div');
  const fields = h('div', { class: 'controls' });
  const key = createKey();
  let controls;
  let current;
  let answered;

  function pick(values) {
    current = questions.find((question) => question.path === picker.value) ?? questions[0];
    controls = createControls(current.parameters, values);
    fields.replaceChildren(...controls.elements);
  }

  async function ask(chosen, cursor) {
    const all = [...chosen, ...(cursor === undefined ? [] : [['cursor', cursor]])];
    const address = addressOf(current, all);
    const { rows, meta } = await requestJson('GET', address, undefined, key.headers());
    answered?.close();
    answered = createResult({ rows, meta });
    const next =
      meta.next !== undefined &&
      h(
        'button',
        { type: 'button', onclick: () => ask(chosen, meta.next).catch((error) => said.bad(error)) },
        'Next page',
      );
    result.replaceChildren(
      h(
        'section',
        { class: 'answer' },
        h('h2', {}, 'Answer'),
        answered.element,
        h('div', { class: 'buttons' }, key.download(download(current, all), said), next),
      ),
      createElsewhere(current, all, address, meta),
    );
    // The address of this page now is that question, to keep or to send.
    history.replaceState(null, '', `#/ask?${new URLSearchParams([['question', current.path], ...chosen])}`);
  }

  onSubmit(form, said, () => ask(controls.read()));
  picker.addEventListener('change', () => pick(new URLSearchParams()));
  form.append(
    field('Question', picker),
    fields,
    key.element,
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, 'Ask')),
    said.element,
  );
  if (given.has('question')) picker.value = given.get('question');
  if (picker.value === '') picker.selectedIndex = 0;
  pick(given);
  if (given.has('question')) ask(controls.read()).catch((error) => said.bad(error));
  return { element: h('div', {}, h('section', {}, form), result), close: () => answered?.close() };
}

function download(question, chosen) {
  const name = question.path.replace(/[^a-z]+/g, '-').replace(/^-|-$/g, '');
  return h(
    'a',
    { class: 'button', href: addressOf(question, [...chosen, ['format', 'csv']]), download: `${name}.csv` },
    'Download CSV',
  );
}

function createElsewhere(question, chosen, address, meta) {
  const statement = statementOf(question.path, chosen, meta);
  const mongo = statement?.startsWith('db.');
  return h(
    'section',
    {},
    h('h2', {}, 'The same elsewhere'),
    h('h3', {}, 'With curl'),
    h('pre', { tabindex: 0, 'aria-label': 'curl line' }, curlOf(address)),
    statement !== undefined && h('h3', {}, mongo ? 'In MongoDB' : 'In SQL, plainly over all rows'),
    statement !== undefined && h('pre', { tabindex: 0, 'aria-label': mongo ? 'MongoDB' : 'SQL' }, statement),
  );
}
