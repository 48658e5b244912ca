/**
 * The same question as a statement that can be given to the store itself (`make sql`, `make mongo`): plainly over
 * all rows. `query` takes rollups for what they hold; where it goes over rows too, that is the statement it asked.
 * Undefined where there is none.
 *
 * @param {string} path
 * @param {readonly [string, string][]} chosen
 * @param {{from?: string, to?: string, sql?: string}} meta of the answer: its range, its statement
 */
export function statementOf(path, chosen, meta) {
  const values = new Map(chosen);
  const range = { from: meta.from ?? values.get('from'), to: meta.to ?? values.get('to') };
  switch (path) {
    case '/event-counts':
      return counts(values, chosen, range, {
        name: 'event_count',
        granularity: values.get('granularity') ?? 'hour-of-day',
      });
    case '/top-events':
      return counts(values, chosen, range, { name: 'total_events', granularity: 'all' });
    case '/unique-users':
      return uniqueUsers(values, chosen, range);
    case '/users/{user_id}/events':
      return find({ user_id: values.get('user_id') }, values.get('type'), range, -1, values);
    case '/events':
      return find({}, values.get('type'), range, 1, values);
    default:
      return meta.sql && `${meta.sql};`;
  }
}

const buckets = {
  all: undefined,
  minute: 'toStartOfMinute',
  hour: 'toStartOfHour',
  'hour-of-day': 'toHour',
  day: 'toDate',
  week: 'toMonday',
  month: 'toStartOfMonth',
};

function counts(values, chosen, range, { name, granularity }) {
  const by = (values.get('by') ?? 'event_type').split(',').filter((column) => column !== '');
  const time = bucketOf(granularity, values.get('zone'), granularity === 'hour-of-day' ? 'hour' : 'time');
  const keys = [...(time === undefined ? [] : [time.name]), ...by];
  const first = values.get('order') === 'time' ? [] : [`${name} DESC`];
  return lines([
    `SELECT ${[...(time === undefined ? [] : [time.text]), ...by, `count() AS ${name}`].join(', ')}`,
    'FROM events_distributed',
    where(chosen, range),
    keys.length > 0 && `GROUP BY ${keys.join(', ')}`,
    `ORDER BY ${[...first, ...keys].join(', ') || '1'}`,
    `LIMIT ${values.get('limit') ?? (name === 'total_events' ? 10 : 10_000)}`,
  ]);
}

function uniqueUsers(values, chosen, range) {
  const time = bucketOf(values.get('granularity') ?? 'day', values.get('zone'), 'event_date');
  return lines([
    `SELECT ${time === undefined ? '' : `${time.text}, `}uniqExact(user_id) AS unique_users`,
    'FROM events_distributed',
    where(chosen, range),
    time !== undefined && 'GROUP BY event_date\nORDER BY event_date',
  ]);
}

function bucketOf(granularity, zone, name) {
  const call = buckets[granularity];
  if (call === undefined) return undefined;
  return { name, text: `${call}(timestamp${zone ? `, ${quoted(zone)}` : ''}) AS ${name}` };
}

const columns = {
  type: 'event_type',
  category: 'category',
  country: 'country',
  device: 'device',
  browser: 'browser',
};

function where(chosen, { from, to }) {
  const conditions = chosen.flatMap(([name, value]) => {
    if (name.startsWith('property.'))
      return [`properties[${quoted(name.slice('property.'.length))}] = ${quoted(value)}`];
    if (columns[name] === undefined) return [];
    return [
      `${columns[name]} IN (${value
        .split(',')
        .map((one) => quoted(one.trim()))
        .join(', ')})`,
    ];
  });
  const times = [from && `timestamp >= ${time(from)}`, to && `timestamp < ${time(to)}`].filter(Boolean);
  const all = [...times, ...conditions];
  return all.length > 0 && `WHERE ${all.join('\n  AND ')}`;
}

function find(match, type, { from, to }, direction, values) {
  const timestamp = [
    from && `$gte: new Date(${JSON.stringify(from)})`,
    to && `$lt: new Date(${JSON.stringify(to)})`,
  ]
    .filter(Boolean)
    .join(', ');
  const conditions = [
    match.user_id !== undefined && `user_id: ${Number(match.user_id)}`,
    type && `event_type: ${JSON.stringify(type)}`,
    timestamp && `timestamp: {${timestamp}}`,
  ].filter(Boolean);
  return `db.raw_events.find({${conditions.join(', ')}})\n  .sort({timestamp: ${direction}}).limit(${values.get('limit') ?? 100})`;
}

const lines = (all) => `${all.filter(Boolean).join('\n')};`;
const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const time = (iso) => `toDateTime64(${quoted(iso.replace('T', ' ').replace('Z', ''))}, 3, 'UTC')`;
