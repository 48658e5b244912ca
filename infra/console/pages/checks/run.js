import { confirm } from '../../dom/confirm.js';
import { h } from '../../dom/element.js';
import { onSubmit, outcome } from '../../dom/form.js';
import { requestJson } from '../../gateway/request.js';
import { differencesOf, repairOf, summaryOf } from './verdict-words.js';

/** Differences that the question before a repair shows. */
const shownLines = 12;

/** Runs a check at once, or repairs what the newest one found. */
export function createRun({ onVerdict }) {
  const full = h('input', { type: 'checkbox', id: 'full' });
  const said = outcome();
  const mend = h('button', { type: 'button', hidden: true, onclick: () => repair() }, 'Repair …');
  const form = h(
    'form',
    { class: 'run', 'aria-label': 'Run a check' },
    h('button', { type: 'submit', class: 'primary' }, 'Check now'),
    mend,
    h('span', { class: 'check' }, full, h('label', { for: 'full' }, 'count all of MongoDB too')),
    said.element,
  );
  let newest;
  let repairing = false;

  onSubmit(form, said, async () => {
    said.busy('Waiting until both sinks have what Kafka has, then comparing …');
    const verdict = await requestJson('POST', '/function/aggregation-check', { full: full.checked });
    onVerdict();
    return `Done: ${summaryOf(verdict)}.`;
  });

  async function repair() {
    if (repairing) return;
    const lines = differencesOf(newest);
    const sure = await confirm({
      title: `Repair what differs: ${summaryOf(newest)}?`,
      text: 'What a store lacks is inserted from Kafka or the other store, copies and strays are removed, rollups are corrected from the raw rows. Nobody is stopped meanwhile.',
      lines: lines.slice(0, shownLines),
      action: 'Repair',
    });
    if (!sure) return;
    repairing = true;
    said.busy('Repairing, then looking again …');
    try {
      const verdict = await requestJson('POST', '/function/aggregation-check', {
        full: full.checked,
        repair: true,
      });
      said.good(`Done: ${repairOf(verdict)}; now ${summaryOf(verdict)}.`);
      onVerdict();
    } catch (error) {
      said.bad(error);
    } finally {
      repairing = false;
    }
  }

  return {
    element: form,
    /** Offers a repair where there is something to repair. */
    setNewest(verdict) {
      newest = verdict;
      mend.hidden = verdict?.status !== 'differs';
    },
  };
}
