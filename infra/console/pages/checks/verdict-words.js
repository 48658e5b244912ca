import { count } from '../../format/numbers.js';

const stores = { mongodb: 'MongoDB', clickhouse: 'ClickHouse' };

/** A verdict in one word with its tone: the same for the strip, the list and the head. */
export function toneOf({ status }) {
  if (status === 'ok') return 'good';
  return status === 'differs' ? 'bad' : 'warning';
}

/** "equal", "12 lost, 1 doubled", "pending" */
export function summaryOf({ status, lost = 0, doubled = 0, unexpected = 0, drifted = 0 }) {
  if (status === 'ok') return 'equal';
  if (status !== 'differs') return 'nothing to compare yet';
  const kinds = { lost, doubled, unexpected, 'rollup entries off': drifted };
  return Object.entries(kinds)
    .filter(([, number]) => number > 0)
    .map(([kind, number]) => `${count(number)} ${kind}`)
    .join(', ');
}

/** One line a difference: which minute, which store, which events. */
export function differencesOf({ differences = [], drifts = [] }) {
  return [
    ...differences.map(
      (d) =>
        `${minuteOf(d.minute)} UTC, ${stores[d.store] ?? d.store}, partition ${d.partition}: ${count(d.found)} of ${count(d.expected)} events${named(d)}`,
    ),
    ...drifts.map(
      (d) =>
        `${d.time} UTC, rollup ${d.rollup}${d.event_type ? `, ${d.event_type}` : ''}: ${count(d.found)} instead of ${count(d.expected)}`,
    ),
  ];
}

/** "3 inserted, 1 removed, 2 rollup entries corrected"; what a repair has done. */
export function repairOf({ repair }) {
  if (repair === undefined) return 'nothing had to be repaired';
  const sum = ({ clickhouse = 0, mongodb = 0 } = {}) => clickhouse + mongodb;
  const done = {
    inserted: sum(repair.inserted),
    removed: sum(repair.removed),
    'rollup entries corrected': repair.rollups,
    'beyond repair, as nobody has them any more': repair.irrecoverable,
  };
  const said = Object.entries(done)
    .filter(([, number]) => number > 0)
    .map(([what, number]) => `${count(number)} ${what}`);
  return said.length > 0 ? said.join(', ') : 'nothing had to be repaired';
}

function named(difference) {
  return ['lost', 'doubled', 'unexpected']
    .filter((kind) => difference[kind]?.length > 0)
    .map(
      (kind) =>
        `; ${kind} ${difference[kind].slice(0, 5).map(placeOf).join(', ')}${more(difference[kind].length - 5)}`,
    )
    .join('');
}

const placeOf = ({ event_id: id, partition, offset }) =>
  id ? `${id} (${partition}-${offset})` : `${partition}-${offset}`;
const more = (number) => (number > 0 ? ` and ${count(number)} more` : '');
const minuteOf = (iso) => iso.slice(0, 16).replace('T', ' ');
