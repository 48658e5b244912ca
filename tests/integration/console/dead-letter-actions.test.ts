import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { unique } from '../../support/names.ts';
import { openKafka, type TestKafka } from '../connector/rig/kafka.ts';
import { startGateway, type TestGateway } from '../gateway/start-gateway.ts';
import { deadLetterOf } from './letters.ts';

// Processes start here; on a busy machine that takes its time.
jest.setTimeout(120_000);

let kafka: TestKafka;
let gateway: TestGateway;
const dlq = unique('dlq');
const asyncTopic = unique('async');
const group = unique('echo');
/** Letters of each test have offsets of their own: a key that was redriven is not written again. */
let first = 0;

beforeAll(async () => {
  kafka = await openKafka();
  await kafka.createTopic(dlq, 3, { 'cleanup.policy': 'compact' });
  await kafka.createTopic(`${group}.retry`, 3);
  await kafka.createTopic(asyncTopic);
  gateway = await startGateway({
    KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers,
    EVENTS_DLQ_TOPIC: dlq,
    ASYNC_TOPIC: asyncTopic,
  });
  await gateway.deploy('echo', { annotations: { topic: 'events_clean', 'kafka.group': group } });
});
afterAll(async () => {
  await gateway?.stop();
  await kafka?.close();
});

beforeEach(async () => {
  expect(await act('purge', { all: true })).toMatchObject({ status: 200 });
  first += 10;
  await kafka.send(dlq, [
    deadLetterOf('echo', first, { 'x-own': 'kept' }),
    deadLetterOf('echo', first + 1),
    deadLetterOf('echo', first + 2),
    deadLetterOf('gone', first + 3),
  ]);
});

async function act(action: string, selection: unknown, headers: Record<string, string> = {}) {
  const answer = await gateway.ask(`/ui/api/dead-letters/${action}`, {
    method: 'POST',
    body: JSON.stringify(selection),
    headers,
  });
  return { status: answer.status, body: answer.ok ? await answer.json() : await answer.text() };
}

async function openOffsets(query = ''): Promise<number[]> {
  const answer = await gateway.ask(`/ui/api/dead-letters${query}`);
  const { letters } = (await answer.json()) as { letters: { offset: number }[] };
  return letters.map(({ offset }) => offset - first).sort((a, b) => a - b);
}

async function retried(): Promise<{ value: string | undefined; headers: string[] }[]> {
  const records = await kafka.readAll(`${group}.retry`);
  return records
    .map(({ value, headers }) => ({ value: value?.toString(), headers: Object.keys(headers ?? {}) }))
    .filter(({ value }) => Number(value?.slice(1)) >= first)
    .sort((a, b) => (a.value ?? '').localeCompare(b.value ?? ''));
}

test('a preview counts by function and reason, and changes nothing', async () => {
  const { status, body } = await act('preview', { functionName: 'echo' });
  expect(status).toBe(200);
  const groups = [0, 1, 2].map((n) => ({ functionName: 'echo', reason: `reason ${first + n}`, count: 1 }));
  expect(body).toEqual({ count: 3, groups: expect.arrayContaining(groups), untilMs: expect.any(Number) });
  expect(await openOffsets()).toEqual([0, 1, 2, 3]);
});

test('one letter, then some, go to their function again; those of functions not deployed stay', async () => {
  const key = `echo/T/0/${first}`;
  expect(await act('redrive', { key })).toEqual({ status: 200, body: { sent: 1, left: 0 } });
  expect(await openOffsets()).toEqual([1, 2, 3]);
  expect(await act('redrive', { key })).toEqual({ status: 200, body: { sent: 0, left: 0 } });
  // All that had died up to then; `echo` 2 died after it.
  const untilMs = 1000 + first + 2;
  expect(await act('redrive', { reason: 'reason', untilMs })).toEqual({
    status: 200,
    body: { sent: 1, left: 0 },
  });
  expect(await act('redrive', { all: true })).toEqual({ status: 200, body: { sent: 1, left: 1 } });
  expect(await openOffsets()).toEqual([3]);
  const again = await retried();
  expect(again.map(({ value }) => value)).toEqual([`v${first}`, `v${first + 1}`, `v${first + 2}`]);
  expect(again[0]?.headers).toEqual(expect.arrayContaining(['x-own', 'x-original-offset']));
  expect(again[0]?.headers).not.toContain('x-dead-letter-reason');
});

test('they are looked for by function and reason; what cannot be read of a choice is said', async () => {
  expect(await openOffsets('?functionName=gone')).toEqual([3]);
  expect(await openOffsets(`?functionName=echo&reason=reason+${first + 1}&offsets=500`)).toEqual([1]);
  for (const query of ['?offsets=0', '?offsets=1e9', '?sinceMs=yesterday', '?colour=red'])
    expect((await gateway.ask(`/ui/api/dead-letters${query}`)).status).toBe(400);
});

test('purged letters are gone and go nowhere', async () => {
  expect(await act('purge', { reason: `reason ${first + 1}` })).toEqual({ status: 200, body: { purged: 1 } });
  expect(await openOffsets()).toEqual([0, 2, 3]);
  expect(await act('purge', { all: true })).toEqual({ status: 200, body: { purged: 3 } });
  expect(await openOffsets()).toEqual([]);
  expect(await retried()).toEqual([]);
});

test.each([
  [{}],
  [{ all: false }],
  [{ all: 'yes' }],
  [{ functionName: '' }],
  [{ sinceMs: -1 }],
  [{ limit: 1 }],
  [[]],
  [null],
])('%j says nothing of which ones: 400, and nothing happens', async (selection) => {
  for (const action of ['preview', 'redrive', 'purge']) {
    expect((await act(action, selection)).status).toBe(400);
  }
  expect(await openOffsets()).toEqual([0, 1, 2, 3]);
});

test('a page of another origin may not redrive or purge', async () => {
  for (const action of ['redrive', 'purge']) {
    const { status } = await act(action, { all: true }, { 'sec-fetch-site': 'cross-site' });
    expect(status).toBe(403);
  }
  expect(await openOffsets()).toEqual([0, 1, 2, 3]);
});
