import { h } from '../../dom/element.js';
import { field, select } from '../../dom/form.js';

const spans = { '1h': 3600, '24h': 86_400, '7d': 604_800, '30d': 2_592_000 };

/** The range of time: as the question has it, the last hours or days, or two given times. */
export function createTimeRange(given) {
  const range = select([
    ['', 'as it stands'],
    ['1h', 'the last hour'],
    ['24h', 'the last 24 hours'],
    ['7d', 'the last 7 days'],
    ['30d', 'the last 30 days'],
    ['given', 'from … to …'],
  ]);
  const from = h('input', { type: 'datetime-local', step: 1 });
  const to = h('input', { type: 'datetime-local', step: 1 });
  const times = h('div', { class: 'row' }, field('From', from), field('To', to, { hint: 'empty: no end' }));
  if (given.has('from') || given.has('to')) {
    range.value = 'given';
    from.value = localOf(given.get('from'));
    to.value = localOf(given.get('to'));
  }
  const show = () => {
    times.hidden = range.value !== 'given';
  };
  range.addEventListener('change', show);
  show();

  return {
    element: h('div', { class: 'range' }, field('Time', range, { hint: 'in your time zone' }), times),
    read: () => {
      if (range.value === '') return [];
      if (range.value !== 'given')
        return [['from', new Date(Date.now() - spans[range.value] * 1000).toISOString()]];
      return [...timeOf('from', from.value), ...timeOf('to', to.value)];
    },
  };
}

const timeOf = (name, local) => (local === '' ? [] : [[name, new Date(local).toISOString()]]);

/** ISO → what a datetime-local field takes. */
function localOf(text) {
  const time = new Date(text ?? '');
  if (Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
