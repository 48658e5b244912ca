import { randomInt, randomUUID } from 'node:crypto';

/**
 * Bodies for the scenarios of ingest.yml, and the check of each answer: the status that is due, and the counts that
 * `ingest.accepted` and `ingest.rejected` in artillery's report add up. Each event has its own id, so a run's accepted
 * events can be looked for in the stores by session id `load-<run>`.
 */
const run = process.env.LOAD_RUN ?? randomUUID().slice(0, 8);

const kinds = [
  ['page_view', () => ({ path: `/p/${randomInt(500)}`, load_ms: randomInt(50, 3000) })],
  ['page_view', () => ({ path: `/c/${randomInt(50)}`, referrer: 'https://search.example/' })],
  ['click', () => ({ element: `button-${randomInt(40)}` })],
  ['search', () => ({ query: `thing ${randomInt(900)}`, results: randomInt(200) })],
  ['product_view', () => ({ sku: `A-${randomInt(2000)}`, price: randomInt(100, 20_000) / 100 })],
  [
    'purchase',
    () => ({ amount: randomInt(100, 50_000) / 100, currency: 'EUR', sku: `A-${randomInt(2000)}` }),
  ],
];

const userAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0',
];

function event(more = {}) {
  const [event_type, properties] = kinds[randomInt(kinds.length)];
  return {
    event_id: randomUUID(),
    event_type,
    timestamp: new Date(Date.now() - randomInt(2000)).toISOString(),
    // Few users make most of the events.
    user_id: 10_000 + Math.floor(100_000 ** Math.random()),
    session_id: `load-${run}`,
    country: ['DE', 'FR', 'US', 'GB'][randomInt(4)],
    ip: `${randomInt(11, 110)}.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`,
    user_agent: userAgents[randomInt(userAgents.length)],
    properties: properties(),
    ...more,
  };
}

const events = (count) => Array.from({ length: count }, () => event());

function nested(levels) {
  let value = {};
  for (let i = 1; i < levels; i++) value = { a: value };
  return value;
}

/** Body, status and, where some are good, how many. */
const bad = [
  () => ['not json', 400, 0],
  () => ['', 400, 0],
  () => [JSON.stringify(event({ user_id: -1 })), 422, 0],
  () => [JSON.stringify(event({ timestamp: '9999-12-31T23:59:59Z' })), 422, 0],
  () => [JSON.stringify(event({ timestamp: '1970-01-01T00:00:00Z' })), 422, 0],
  () => [JSON.stringify(event({ event_type: 'purchase', properties: { amount: 'abc' } })), 422, 0],
  () => [JSON.stringify(event({ properties: nested(100) })), 422, 0],
  () => [JSON.stringify(event()).replace('"load-', '"\\ud83d-'), 422, 0],
  () => [JSON.stringify(event({ properties: { text: 'x'.repeat(70_000) } })), 413, 0],
  () => [JSON.stringify([...events(9), event({ country: 'Germany' })]), 207, 9],
];

function send(request, context, { body, type = 'application/json', status = 202, accepted }) {
  request.headers = { ...request.headers, 'content-type': type };
  request.body = body;
  context.vars.due = { status, accepted };
}

export async function oneEvent(request, context) {
  send(request, context, { body: JSON.stringify(event()), accepted: 1 });
}

export async function arrayOfEvents(request, context) {
  send(request, context, { body: JSON.stringify(events(20)), accepted: 20 });
}

export async function linesOfEvents(request, context) {
  const body = events(100)
    .map((one) => JSON.stringify(one))
    .join('\n');
  send(request, context, { body, type: 'application/x-ndjson', accepted: 100 });
}

export async function badInput(request, context) {
  const [body, status, accepted] = bad[randomInt(bad.length)]();
  send(request, context, { body, status, accepted });
}

/** Throws, which artillery counts as an error of the virtual user, unless the answer is the one that is due. */
export async function checkAnswer(_request, response, context, counters) {
  const { status, accepted } = context.vars.due;
  if (response.statusCode !== status) throw new Error(`answered ${response.statusCode} instead of ${status}`);
  const answer = JSON.parse(response.body);
  if (answer.accepted !== accepted) throw new Error(`accepted ${answer.accepted} instead of ${accepted}`);
  counters.emit('counter', 'ingest.accepted', answer.accepted);
  counters.emit('counter', 'ingest.rejected', answer.rejected?.length ?? 0);
}
