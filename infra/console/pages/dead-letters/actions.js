import { confirm } from '../../dom/confirm.js';
import { outcome } from '../../dom/form.js';
import { count } from '../../format/numbers.js';
import { requestJson } from '../../gateway/request.js';

const words = {
  redrive: {
    question: (n) => `Redrive ${n}?`,
    text: 'Each is sent to its function once more. Those that fail again come back here.',
    done: ({ sent, left }) =>
      `${letters(sent)} sent again.${left > 0 ? ` ${letters(left)} left alone, of functions that are not deployed.` : ''}`,
  },
  purge: {
    question: (n) => `Purge ${n} for good?`,
    text: 'The records are deleted here and go to no store. This cannot be taken back.',
    done: ({ purged }) => `${letters(purged)} purged.`,
  },
};

const letters = (number) => (number === 1 ? '1 dead letter' : `${count(number)} dead letters`);

/** Redrives or purges a selection: first says what it means, then asks, then does it. */
export function createActions({ onDone }) {
  const said = outcome();
  let enabled = false;
  let busy = false;

  async function act(action, selection) {
    if (busy) return;
    if (!enabled) return said.bad('There is none to choose.');
    busy = true;
    try {
      said.busy('Counting what that means …');
      const preview = await requestJson('POST', '/ui/api/dead-letters/preview', selection);
      said.clear();
      if (preview.count === 0) return said.bad('There is none any more.');
      const sure = await confirm({
        title: words[action].question(letters(preview.count)),
        text: words[action].text,
        lines: preview.groups.map(
          (g) => `${count(g.count)} × ${g.functionName}: ${g.reason || 'no reason given'}`,
        ),
        action: action === 'redrive' ? 'Redrive' : 'Purge',
      });
      if (!sure) return;
      said.busy('…');
      // What came in since was not in the preview and is not meant.
      const { all: _, ...chosen } = selection;
      const answer = await requestJson('POST', `/ui/api/dead-letters/${action}`, {
        ...chosen,
        untilMs: preview.untilMs,
      });
      said.good(words[action].done(answer));
      await onDone();
    } catch (error) {
      said.bad(error);
    } finally {
      busy = false;
    }
  }

  return {
    element: said.element,
    act,
    setEnabled: (on) => {
      enabled = on;
    },
  };
}
