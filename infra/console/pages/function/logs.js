import { h, setText } from '../../dom/element.js';
import { field } from '../../dom/form.js';
import { jsonLines } from '../../gateway/lines.js';
import { createLogView } from './log-view.js';

/** Live log lines with a filter. After a restart of the gateway it goes on with what comes then. */
export function createLogs(name, live) {
  const filter = h('input', { type: 'search', spellcheck: 'false', autocomplete: 'off' });
  const follow = h('input', { type: 'checkbox', checked: true, id: 'log-follow' });
  const note = h('p', { class: 'hint', role: 'status' });
  const view = createLogView({ label: `Log of ${name}` });
  const ended = new AbortController();

  filter.addEventListener('input', () => {
    const { shown, all } = view.filter(filter.value);
    setText(note, filter.value === '' ? '' : `${shown} of ${all} lines hold it`);
  });
  follow.addEventListener('change', () => view.follow(follow.checked));

  async function read(since) {
    const query = new URLSearchParams({ name, follow: 'true', tail: '200', ...(since && { since }) });
    const answer = await fetch(`/system/logs?${query}`, { signal: ended.signal });
    if (!answer.ok) throw new Error((await answer.text()).trim());
    for await (const line of jsonLines(answer)) view.add(line);
  }

  async function keepReading() {
    let since;
    while (!ended.signal.aborted) {
      try {
        await read(since);
      } catch (error) {
        if (ended.signal.aborted) return;
        setText(note, live.isOld() ? 'The log waits for the gateway.' : error.message);
      }
      since = new Date().toISOString();
      await pause(1000, ended.signal);
      if (!ended.signal.aborted && filter.value === '') setText(note, '');
    }
  }
  keepReading();

  return {
    element: h(
      'section',
      {},
      h('h2', {}, 'Log'),
      h(
        'div',
        { class: 'row' },
        field('Filter', filter, { class: 'grows' }),
        h('div', { class: 'field check' }, follow, h('label', { for: 'log-follow' }, 'Follow')),
      ),
      view.element,
      note,
    ),
    close: () => ended.abort(),
  };
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
