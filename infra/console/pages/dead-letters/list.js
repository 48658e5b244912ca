import { h } from '../../dom/element.js';
import { keyed } from '../../dom/keyed.js';
import { bytes, count } from '../../format/numbers.js';
import { dateAndTime } from '../../format/times.js';
import { pretty } from '../function/read-answer.js';

/** Dead letters, newest first; each opens to its record. */
/** @param {{act: (action: 'redrive' | 'purge', selection: object) => void}} options */
export function createLetterList({ act }) {
  const element = h('ul', { class: 'letters' });
  const show = keyed(
    element,
    (letter) => `${letter.key} ${letter.diedMs}`,
    (letter) => createLetter(letter, act),
  );
  return { element, update: show };
}

function createLetter(letter, act) {
  const content = h('div');
  const details = h(
    'details',
    {},
    h(
      'summary',
      {},
      h('strong', {}, letter.functionName),
      ' ',
      h('span', { class: 'reason' }, letter.reason || 'no reason given'),
      ' ',
      h('span', { class: 'hint' }, dateAndTime(letter.diedMs)),
    ),
    content,
  );
  // The record is laid out when somebody looks at it.
  details.addEventListener('toggle', () => {
    if (details.open && content.childElementCount === 0)
      content.append(...recordOf(letter), buttonsOf(letter, act));
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
    ['Key', letter.recordKey ?? 'none'],
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

function buttonsOf({ key }, act) {
  return h(
    'div',
    { class: 'buttons' },
    h('button', { type: 'button', onclick: () => act('redrive', { key }) }, 'Redrive this one …'),
    h(
      'button',
      { type: 'button', class: 'danger', onclick: () => act('purge', { key }) },
      'Purge this one …',
    ),
  );
}
