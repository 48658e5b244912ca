import { h } from '../../dom/element.js';
import { timeOfDay } from '../../format/times.js';

/** The lines themselves, of which the newest are kept; a line is text, whatever it holds. */
export function createLogView({ label, keepLines = 1000 }) {
  // Not a live region: a busy log would never let a screen reader speak of anything else.
  const element = h('div', { class: 'log', tabindex: 0, role: 'region', 'aria-label': label });
  const lines = [];
  let needle = '';
  let following = true;
  let waiting = [];

  function flush() {
    const batch = waiting;
    waiting = [];
    for (const { timestamp, instance, text } of batch) {
      const row = h(
        'p',
        {},
        h('time', { datetime: timestamp }, timeOfDay(timestamp)),
        ' ',
        h('span', { class: 'instance' }, instance),
        ' ',
        text,
      );
      const line = { row, text: `${instance} ${text}`.toLowerCase() };
      row.hidden = !line.text.includes(needle);
      lines.push(line);
      element.append(row);
    }
    while (lines.length > keepLines) lines.shift().row.remove();
    if (following) element.scrollTop = element.scrollHeight;
  }

  return {
    element,
    add: (line) => {
      // A burst is drawn once a frame.
      if (waiting.length === 0) requestAnimationFrame(flush);
      waiting.push(line);
      if (waiting.length > keepLines) waiting.shift();
    },
    filter: (text) => {
      needle = text.toLowerCase();
      let shown = 0;
      for (const line of lines) {
        line.row.hidden = !line.text.includes(needle);
        if (!line.row.hidden) shown++;
      }
      return { shown, all: lines.length };
    },
    follow: (on) => {
      following = on;
      if (on) element.scrollTop = element.scrollHeight;
    },
  };
}
