import { h } from '../../dom/element.js';
import { requestJson } from '../../gateway/request.js';
import { createList } from './list.js';
import { createNewest } from './newest.js';
import { createRun } from './run.js';
import { createStrip } from './strip.js';

const hours = 6;
const everyMs = 20_000;

/** The last hours of checks, minute by minute: green or what differs. */
export default function checksPage({ live }) {
  const failed = h('p', { class: 'outcome bad', role: 'status', hidden: true });
  const newest = h('div');
  const strip = h('div');
  const list = createList();
  const run = createRun({ onVerdict: load });
  let closed = false;
  let shown = '';

  async function load() {
    try {
      const { verdicts } = await requestJson(
        'GET',
        `/function/aggregation-check/verdicts?limit=${hours * 60}`,
      );
      if (closed) return;
      failed.hidden = true;
      show(verdicts);
    } catch (error) {
      failed.textContent = `The verdicts cannot be read: ${error.message}`;
      failed.hidden = false;
    }
  }

  function show(verdicts) {
    strip.replaceChildren(createStrip(verdicts, { hours }));
    if (JSON.stringify(verdicts[0]) === shown) return;
    shown = JSON.stringify(verdicts[0]);
    run.setNewest(verdicts[0]);
    newest.replaceChildren(
      verdicts[0] === undefined
        ? h('p', { class: 'empty' }, 'No check was made yet.')
        : createNewest(verdicts[0]),
    );
    list.update(verdicts);
  }

  load();
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible' && !live.isOld()) load();
  }, everyMs);

  return {
    title: 'Checks',
    element: h(
      'div',
      {},
      failed,
      h('section', {}, h('h2', {}, 'Newest'), newest, run.element),
      h('section', {}, h('h2', {}, `The last ${hours} hours`), strip),
      h('section', {}, h('h2', {}, 'One by one'), list.element),
    ),
    close: () => {
      closed = true;
      clearInterval(timer);
    },
  };
}
