import { h } from '../../dom/element.js';
import { keyed } from '../../dom/keyed.js';
import { bytes, count } from '../../format/numbers.js';
import { dateAndTime } from '../../format/times.js';
import { pretty } from '../function/read-answer.js';

/** Dead letters, newest first; each opens to its record. */
export function createLetterList() {
  const element = h('ul', { class: 'letters' });
  const show = keyed(element, (letter) => letter.id, createLetter);
  return { element, update: show };
}

function createLetter(letter) {
  const content = h('div');
  const details = h(
    'details',
    {},
    h(
      'summary',
      {},
      h('strong', {}, letter.function),
      ' ',
      h('span', { class: 'reason' }, letter.reason || 'no reason given'),
      ' ',
      h('span', { class: 'hint' }, dateAndTime(letter.diedMs)),
    ),
    content,
  );
  // The record is laid out when somebody looks at it.
  details.addEventListener('toggle', () => {
    if (details.open && content.childElementCount === 0) content.append(...recordOf(letter));
  });
  return { element: h('li', {}, details) };
}

function recordOf(letter) {
  const rows = [
    ['Record', `${letter.topic}, partition ${letter.partition}, offset ${count(letter.offset)}`],
    ['Its time', dateAndTime(letter.timestampMs)],
    ['First sent', dateAndTime(letter.firstSentMs)],
    [
      'Given up',
      `${dateAndTime(letter.diedMs)}, after ${count(letter.attempts)} ${letter.attempts === 1 ? 'attempt' : 'attempts'}`,
    ],
    ['Key', letter.key ?? 'none'],
    ...letter.headers.map(([name, value]) => [`Header ${name}`, value]),
  ];
  const size = `Value, ${bytes(letter.valueBytes)}${letter.cut ? ', not all of it shown' : ''}`;
  return [
    h(
      'dl',
      { class: 'pairs' },
      ...rows.flatMap(([title, value]) => [h('dt', {}, title), h('dd', {}, value)]),
    ),
    h('h3', {}, size),
    h('pre', { tabindex: 0, 'aria-label': size }, letter.value === null ? '(null)' : pretty(letter.value)),
  ];
}
