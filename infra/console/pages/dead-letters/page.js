import { h } from '../../dom/element.js';
import { field, outcome, select } from '../../dom/form.js';
import { count } from '../../format/numbers.js';
import { requestJson } from '../../gateway/request.js';
import { createActions } from './actions.js';
import { createLetterList } from './list.js';
import { selectionOf } from './selection.js';

/** Letters that are laid out at once. */
const pageSize = 50;

/** Offsets of each partition that are looked through: at first, each time further back, and at most. */
const offsets = { first: 5000, times: 10, most: 500_000 };

/** Milliseconds without a key after which a filter is taken for typed. */
const typedMs = 250;

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
  const back = h('button', { type: 'button', hidden: true, onclick: () => lookBack() }, 'Look further back');
  const actions = createActions({ onDone: load });
  const list = createLetterList({ act: actions.act });
  let found = { letters: [], open: 0, functions: [], more: false };
  let most = pageSize;
  let depth = offsets.first;
  let reads = 0;
  let typing;

  const chosen = () =>
    selectionOf({ functionName: functions.value, reason: reason.value, sinceSeconds: Number(since.value) });

  async function load() {
    const mine = ++reads;
    const { all: _, ...selection } = chosen();
    said.busy('…');
    try {
      const query = new URLSearchParams({ ...selection, offsets: depth });
      const answer = await requestJson('GET', `/ui/api/dead-letters?${query}`);
      // The answer to an earlier choice may come later.
      if (mine !== reads) return;
      found = answer;
      said.clear();
      offerFunctions();
      show();
    } catch (error) {
      if (mine === reads) said.bad(error);
    }
  }

  function offerFunctions() {
    const chosenName = functions.value;
    const names = [...new Set([...found.functions, chosenName])].filter((name) => name !== '').sort();
    functions.replaceChildren(
      h('option', { value: '' }, 'all'),
      ...names.map((name) => h('option', { value: name }, name)),
    );
    functions.value = chosenName;
  }

  function show() {
    const { letters, open, more } = found;
    list.update(letters.slice(0, most));
    further.hidden = letters.length <= most;
    back.hidden = !more || depth >= offsets.most;
    const newest = letters.length < open ? ` The newest ${count(letters.length)} can be looked at.` : '';
    const older = more ? ' More may lie further back in the topic.' : '';
    summary.textContent = `${openWords(open, chosen().all)}${newest}${older}`;
    actions.setEnabled(open > 0 || more);
  }

  function showMore() {
    most += pageSize;
    show();
  }

  function lookBack() {
    depth = Math.min(depth * offsets.times, offsets.most);
    load();
  }

  /** Another choice begins at its newest again. */
  function choose() {
    most = pageSize;
    load();
  }

  reason.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(choose, typedMs);
  });
  for (const control of [functions, since]) control.addEventListener('input', choose);
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
      h('div', { class: 'buttons more' }, further, back),
    ),
    close: () => clearTimeout(typing),
  };
}

function openWords(open, all) {
  const which = all ? '' : ' of this choice';
  if (open === 0) return `No dead letter${which} is open.`;
  return open === 1 ? `1 dead letter${which} is open.` : `${count(open)} dead letters${which} are open.`;
}
