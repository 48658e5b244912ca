import { h, svg } from '../../dom/element.js';
import { timeOfDay } from '../../format/times.js';
import { summaryOf, toneOf } from './verdict-words.js';

const cell = 14;
const left = 52;
const minuteMs = 60_000;

/** The last hours, one row an hour and one mark a minute; a minute without a check is empty. */
export function createStrip(verdicts, { hours = 6, now = Date.now() } = {}) {
  const byMinute = new Map();
  for (const verdict of verdicts) {
    const minute = Math.floor(Date.parse(verdict.checked_at) / minuteMs);
    const known = byMinute.get(minute);
    // Where there are several in a minute, the worst is shown.
    if (known === undefined || rank[toneOf(verdict)] > rank[toneOf(known)]) byMinute.set(minute, verdict);
  }
  const lastHour = Math.floor(now / 3_600_000);
  const rows = Array.from({ length: hours }, (_, i) => lastHour - hours + 1 + i);
  const shown = verdicts.filter((v) => Date.parse(v.checked_at) >= rows[0] * 3_600_000);
  const bad = shown.filter((v) => v.status === 'differs').length;
  return h(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': 'The last hours, minute by minute', tabindex: 0 },
    svg(
      'svg',
      {
        class: 'strip',
        viewBox: `0 0 ${left + 60 * cell} ${hours * (cell + 4)}`,
        role: 'img',
        'aria-label': `${shown.length} checks in ${hours} hours, ${bad} with differences; the list below tells each.`,
      },
      ...rows.flatMap((hour, row) => [
        svg('text', { x: 0, y: row * (cell + 4) + 11 }, hourOf(hour)),
        ...Array.from({ length: 60 }, (_, minute) => mark(byMinute.get(hour * 60 + minute), minute, row)),
      ]),
    ),
  );
}

const rank = { good: 0, warning: 1, bad: 2 };

function mark(verdict, minute, row) {
  const place = { x: left + minute * cell, y: row * (cell + 4), width: cell - 2, height: cell, rx: 2 };
  if (verdict === undefined) return svg('rect', { ...place, class: 'none' });
  const tone = toneOf(verdict);
  const words = `${timeOfDay(verdict.checked_at)}: ${summaryOf(verdict)}`;
  const title = svg('title', {}, words);
  if (tone === 'good') return svg('rect', { ...place, class: tone }, title);
  // Not by colour alone: what is not equal has another shape.
  const { x, y, width, height } = place;
  return svg(
    'g',
    { class: tone },
    title,
    svg('rect', place),
    svg('path', {
      d: `M${x + 3} ${y + 4}L${x + width - 3} ${y + height - 4}M${x + width - 3} ${y + 4}L${x + 3} ${y + height - 4}`,
    }),
  );
}

/** The hour as the viewer's clock has it. */
function hourOf(hour) {
  return new Date(hour * 3_600_000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}
