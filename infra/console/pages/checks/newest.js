import { h } from '../../dom/element.js';
import { count, duration } from '../../format/numbers.js';
import { dateAndTime } from '../../format/times.js';
import { differencesOf, repairOf, summaryOf, toneOf } from './verdict-words.js';

/** What the newest check found: what was compared, what differs, what need not be there, what is on its way. */
export function createNewest(verdict) {
  const { totals = {}, checked = {}, pending = {}, excused = {} } = verdict;
  const found = differencesOf(verdict);
  return h(
    'div',
    {},
    h('p', { class: `verdict ${toneOf(verdict)}` }, headOf(verdict)),
    h(
      'dl',
      { class: 'figures' },
      ...[
        ['Events compared', count(checked.events)],
        ['In MongoDB by now', count(totals.mongodb)],
        ['In ClickHouse by now', count(totals.clickhouse)],
        ['In its rollup by now', count(totals.events_per_minute)],
      ].map(([title, value]) => h('div', {}, h('dt', {}, title), h('dd', {}, value))),
    ),
    found.length > 0 && h('ul', { class: 'differences' }, ...found.map((line) => h('li', {}, line))),
    h(
      'p',
      { class: 'hint' },
      [
        `Checked ${dateAndTime(verdict.checked_at)} in ${duration(verdict.duration_ms / 1000)}: ${count(checked.minutes)} minutes of event time`,
        ...Object.entries(excused).map(([sink, states]) => excusedWords(sink, states)),
        ...(pending.waiting ?? []).map(
          ({ sink, offsets }) => `${sink} has ${count(offsets)} offsets on their way`,
        ),
        verdict.repair !== undefined && `before, a repair: ${repairOf(verdict)}`,
        pending.redriven > 0 && `${count(pending.redriven)} redriven events are on their way`,
      ]
        .filter(Boolean)
        .join('; '),
      '.',
    ),
  );
}

function headOf(verdict) {
  if (verdict.status === 'ok') return 'Kafka = MongoDB = ClickHouse = rollups';
  if (verdict.status === 'differs') return `They differ: ${summaryOf(verdict)}`;
  return 'Nothing can be compared yet';
}

function excusedWords(sink, states) {
  const said = Object.entries(states)
    .filter(([, number]) => number > 0)
    .map(([state, number]) => `${count(number)} ${excuses[state] ?? state}`);
  return said.length > 0 && `${sink} need not have ${said.join(', ')}`;
}

const excuses = { open: 'dead letters', purged: 'purged', redriven: 'redriven', repeat: 'repeats' };
