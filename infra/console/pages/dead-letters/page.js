import { h } from '../../dom/element.js';
import { field, outcome, select } from '../../dom/form.js';
import { count } from '../../format/numbers.js';
import { requestJson } from '../../gateway/request.js';
import { createActions } from './actions.js';
import { createLetterList } from './list.js';
import { selectionOf, selects } from './selection.js';

/** Letters that are laid out at once. */
const pageSize = 50;

/** Records that a function gave up: browse, read the reason and the record, filter, redrive, purge. */
export default function deadLettersPage() {
  const said = outcome();
  const summary = h('p', { role: 'status' });
  const functions = select([['', 'all']]);
  const reason = h('input', { type: 'search', spellcheck: 'false', autocomplete: 'off' });
  const since = select([
    ['', 'all'],
    ['3600', 'in the last hour'],
    ['86400', 'in the last day'],
  ]);
  const further = h('button', { type: 'button', hidden: true, onclick: () => showMore() }, 'Show more');
  const actions = createActions({ onDone: load });
  const list = createLetterList({ act: actions.act });
  let found = { letters: [], open: 0, more: false };
  let most = pageSize;

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
    const names = [...new Set(found.letters.map((letter) => letter.functionName))].sort();
    functions.replaceChildren(
      h('option', { value: '' }, 'all'),
      ...names.map((name) => h('option', { value: name }, name)),
    );
    functions.value = names.includes(chosen) ? chosen : '';
  }

  const chosen = () =>
    selectionOf({ functionName: functions.value, reason: reason.value, sinceSeconds: Number(since.value) });

  function show() {
    const selection = chosen();
    const wanted = found.letters.filter((letter) => selects(selection, letter));
    list.update(wanted.slice(0, most));
    further.hidden = wanted.length <= most;
    const older = found.more ? ' More may lie further back in the topic.' : '';
    summary.textContent =
      found.open === 0
        ? `No dead letter is open.${older}`
        : `${count(wanted.length)} of ${count(found.open)} open ones.${older}`;
    actions.setEnabled(wanted.length > 0 || found.more);
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

  for (const control of [functions, reason, since]) control.addEventListener('input', choose);
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
        field('Reason holds', reason, { class: 'grows' }),
        field('Given up', since),
      ),
      h(
        'div',
        { class: 'buttons' },
        h('button', { type: 'button', onclick: load }, 'Read again'),
        h('button', { type: 'button', onclick: () => actions.act('redrive', chosen()) }, 'Redrive these …'),
        h(
          'button',
          { type: 'button', class: 'danger', onclick: () => actions.act('purge', chosen()) },
          'Purge these …',
        ),
      ),
      actions.element,
      said.element,
      summary,
      list.element,
      h('p', { class: 'more' }, further),
    ),
  };
}
