import { h } from '../../dom/element.js';
import { field, outcome, select } from '../../dom/form.js';
import { count } from '../../format/numbers.js';
import { requestJson } from '../../gateway/request.js';
import { createLetterList } from './list.js';

/** Letters that are laid out at once. */
const pageSize = 50;

/** Records that a function gave up: browse, read the reason and the record, filter. */
export default function deadLettersPage() {
  const said = outcome();
  const summary = h('p', { role: 'status' });
  const functions = select([['', 'all']]);
  const words = h('input', { type: 'search', spellcheck: 'false', autocomplete: 'off' });
  const reload = h('button', { type: 'button', onclick: () => load() }, 'Read again');
  const list = createLetterList();
  const further = h('button', { type: 'button', hidden: true, onclick: () => showMore() }, 'Show more');
  let most = pageSize;
  let found = { letters: [], open: 0, more: false };

  async function load() {
    said.busy('…');
    try {
      found = await requestJson('GET', '/ui/api/dead-letters');
      said.clear();
      offerFunctions();
      show();
    } catch (error) {
      said.bad(error);
    }
  }

  function offerFunctions() {
    const chosen = functions.value;
    const names = [...new Set(found.letters.map((letter) => letter.function))].sort();
    functions.replaceChildren(
      h('option', { value: '' }, 'all'),
      ...names.map((name) => h('option', { value: name }, name)),
    );
    functions.value = names.includes(chosen) ? chosen : '';
  }

  function show() {
    const needle = words.value.toLowerCase();
    const wanted = found.letters.filter(
      (letter) =>
        (functions.value === '' || letter.function === functions.value) &&
        (needle === '' || `${letter.reason}\n${letter.key}\n${letter.value}`.toLowerCase().includes(needle)),
    );
    list.update(wanted.slice(0, most));
    further.hidden = wanted.length <= most;
    const older = found.more ? ' More may lie further back in the topic.' : '';
    summary.textContent =
      found.open === 0
        ? `No dead letter is open.${older}`
        : `${count(wanted.length)} of ${count(found.open)} open ones.${older}`;
  }

  function showMore() {
    most += pageSize;
    show();
  }

  /** Another choice begins at its newest again. */
  function choose() {
    most = pageSize;
    show();
  }

  functions.addEventListener('change', choose);
  words.addEventListener('input', choose);
  load();

  return {
    title: 'Dead letters',
    element: h(
      'div',
      {},
      h(
        'p',
        {},
        'Records that a function could not take, with the reason. They are kept for 30 days; once the cause is mended, redriving gives each to its function again, and adds nothing twice.',
      ),
      h(
        'div',
        { class: 'row' },
        field('Function', functions),
        field('Reason or record holds', words, { class: 'grows' }),
        reload,
      ),
      said.element,
      summary,
      list.element,
      h('p', { class: 'more' }, further),
    ),
  };
}
