import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Connector } from '../../../infra/connector/connector.ts';
import { readTraceparent } from '../../../shared/trace/index.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { startConnector } from './rig/connector.ts';
import {
  type FakeGateway,
  failing,
  type Received,
  type Reply,
  type Script,
  startFakeGateway,
  textOf,
} from './rig/fake-gateway.ts';
import { openKafka, type TestKafka } from './rig/kafka.ts';

let kafka: TestKafka;
let gateway: FakeGateway;
let connector: Connector;
const dlq = unique('dlq');
/** What the connector logs. */
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  kafka = await openKafka();
  gateway = await startFakeGateway();
  await kafka.createTopic(dlq, 3, { 'cleanup.policy': 'compact' });
  connector = startConnector({
    bootstrapServers: kafka.bootstrapServers,
    gatewayUrl: gateway.url,
    deadLetterTopic: dlq,
    timeoutMs: 1500,
    log: pino({}, { write: (line) => lines.push(JSON.parse(line)) }),
  });
}, 120_000);

afterAll(async () => {
  await connector?.close();
  await gateway?.close();
  await kafka?.close();
}, 120_000);

/** A function of its own, with a topic of its own that holds `count` records before it is deployed. */
async function deploy(
  mode: string,
  script: Script,
  { count = 20, annotations = {} as Record<string, string> } = {},
) {
  const name = unique('fn');
  const topic = unique('in');
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, count);
  gateway.deploy(
    name,
    { topic, 'kafka.delivery': mode, 'kafka.batch-window': '20ms', 'kafka.max-retries': '1', ...annotations },
    script,
  );
  return { name, topic, calls: () => gateway.calls.filter((call) => call.functionName === name) };
}

const acknowledged = (name: string, topic: string, offset: number) =>
  eventually(async () => {
    expect((await kafka.positions(name, topic)).get(0)?.offset).toBe(offset);
  });

const lettersOf = async (name: string) =>
  (await kafka.readAll(dlq)).filter(({ key }) => key?.toString().startsWith(`${name}/`));

const values = (calls: Received[]) => calls.flatMap((call) => call.records.map(({ value }) => textOf(value)));

for (const mode of ['transactional', 'ranges', 'at-least-once']) {
  test(`${mode}: each decision is logged with function, batch id and trace id of its call`, async () => {
    const replies: Reply[] = [
      { drop: true },
      { status: 503, headers: { 'retry-after': '0.1' } },
      { status: 500 },
      { status: 422 },
    ];
    const { name, topic, calls } = await deploy(mode, () => replies.shift() ?? {});
    await acknowledged(name, topic, 20);
    const logged = lines.filter((line) => line.function === name && line.batchId !== undefined);
    expect(logged.map(({ msg, batchId, traceId }) => [msg, batchId, traceId])).toEqual(
      [
        'no answer; sending the same again',
        'the function asks to wait',
        'failed; trying again',
        'nothing was written; sending pieces',
      ].map((msg, i) => [
        msg,
        calls()[i]?.batchId,
        readTraceparent(calls()[i]?.headers.traceparent as string)?.traceId,
      ]),
    );
  }, 120_000);

  test(`${mode}: success delivers each record once and acknowledges the end`, async () => {
    const { name, topic, calls } = await deploy(mode, () => ({}));
    await acknowledged(name, topic, 20);
    expect(values(calls())).toEqual(Array.from({ length: 20 }, (_, i) => `v${i}`));
    await kafka.sendNumbered(topic, 5, { from: 20 });
    await acknowledged(name, topic, 25);
    const last = calls().at(-1);
    expect(last).toMatchObject({ last: 24, partition: 0, route: '0', attempt: '1' });
    expect(last?.batchId).toMatch(/^[^:]+:[\w-]{22}:0:\d+-24$/);
  }, 120_000);

  test(`${mode}: permanently failed records become dead letters, the others are delivered`, async () => {
    const bad = new Set(['v3', 'v4', 'v11']);
    const { name, topic, calls } = await deploy(mode, (batch) =>
      failing(batch, ({ value }) => bad.has(textOf(value))),
    );
    await acknowledged(name, topic, 20);
    const letters = await lettersOf(name);
    expect(letters.map(({ value }) => value?.toString()).sort()).toEqual([...bad].sort());
    const topicId = calls()[0]?.batchId.split(':')[1];
    expect(letters.map(({ key }) => key?.toString()).sort()).toEqual(
      [3, 4, 11].map((offset) => `${name}/${topicId}/0/${offset}`).sort(),
    );
    if (mode === 'ranges') {
      // The list said that nothing was written: the pieces in between were sent again, under their own names.
      expect(calls().map(({ first, last }) => [first, last])).toEqual([
        [0, 19],
        [0, 2],
        [5, 10],
        [12, 19],
      ]);
    } else {
      expect(calls()).toHaveLength(1);
    }
  }, 120_000);

  test(`${mode}: without an answer the same range comes again under the same name`, async () => {
    let drops = 2;
    const { name, topic, calls } = await deploy(mode, () => (drops-- > 0 ? { drop: true } : {}));
    await acknowledged(name, topic, 20);
    expect(new Set(calls().map(({ batchId }) => batchId)).size).toBe(1);
    expect(calls().map(({ attempt }) => attempt)).toEqual(['1', '2', '3']);
    expect(calls().every(({ records }) => records.length === 20)).toBe(true);
  }, 120_000);

  test(`${mode}: 503 with Retry-After waits so long, however often, and loses nothing`, async () => {
    let refusals = 4;
    const { name, topic, calls } = await deploy(mode, () =>
      refusals-- > 0 ? { status: 503, headers: { 'retry-after': '0.3' } } : {},
    );
    await acknowledged(name, topic, 20);
    expect(calls()).toHaveLength(5);
    const [first, second] = calls();
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(280);
    expect(await lettersOf(name)).toHaveLength(0);
  }, 120_000);

  test(`${mode}: 500 comes again with backoff, and blocks rather than gives up`, async () => {
    let failures = 3;
    const { name, topic, calls } = await deploy(mode, () => (failures-- > 0 ? { status: 500 } : {}));
    await acknowledged(name, topic, 20);
    expect(new Set(calls().map(({ batchId }) => batchId)).size).toBe(1);
    expect(calls()).toHaveLength(4);
  }, 120_000);

  test(`${mode}: 422 splits down to the bad record within the bound`, async () => {
    const { name, topic, calls } = await deploy(mode, (batch) =>
      batch.records.some(({ value }) => textOf(value) === 'v13') ? { status: 422 } : {},
    );
    await acknowledged(name, topic, 20);
    expect((await lettersOf(name)).map(({ value }) => value?.toString())).toEqual(['v13']);
    expect(calls().length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(20)) + 1);
  }, 120_000);
}

test('transactional: records listed without being called hopeless are tried alone, then dead letters', async () => {
  const output = unique('out');
  await kafka.createTopic(output, 1);
  const healed = new Set<string>();
  const { name, topic, calls } = await deploy(
    'transactional',
    (batch) => {
      const reply = failing(batch, ({ value }) => ['v5', 'v6'].includes(textOf(value)), false);
      const failed = batch.records.filter(({ value }) => ['v5', 'v6'].includes(textOf(value)));
      // v5 succeeds at its second try alone, v6 never does.
      if (batch.records.length === 1 && textOf(failed[0]?.value) === 'v5' && healed.has('v5'))
        reply.body = {};
      if (batch.records.length === 1) healed.add(textOf(failed[0]?.value));
      const good = batch.records.filter(
        (record) => reply.body && !JSON.stringify(reply.body).includes(`:${record.offset},`),
      );
      return {
        body: {
          ...(reply.body as object),
          records: good.map(({ key, value, offset }) => ({ key, value, sourceOffset: offset })),
        },
      };
    },
    { annotations: { 'kafka.output-topic': output } },
  );
  await acknowledged(name, topic, 20);
  expect((await lettersOf(name)).map(({ value }) => value?.toString())).toEqual(['v6']);
  const outputs = (await kafka.readAll(output)).map(({ value }) => value?.toString());
  expect(outputs).toEqual(Array.from({ length: 20 }, (_, i) => `v${i}`).filter((v) => v !== 'v6'));
  expect(calls().map(({ records }) => records.length)).toEqual([20, 1, 1, 1, 1]);
}, 120_000);

test('on-error split and dead-letter give up after max-retries', async () => {
  const split = await deploy(
    'at-least-once',
    (batch) => (batch.records.some(({ value }) => textOf(value) === 'v2') ? { status: 500 } : {}),
    { count: 4, annotations: { 'kafka.on-error': 'split', 'kafka.max-retries': '1' } },
  );
  const bury = await deploy('transactional', () => ({ status: 500 }), {
    count: 3,
    annotations: { 'kafka.on-error': 'dead-letter', 'kafka.max-retries': '1' },
  });
  await acknowledged(split.name, split.topic, 4);
  await acknowledged(bury.name, bury.topic, 3);
  expect((await lettersOf(split.name)).map(({ value }) => value?.toString())).toEqual(['v2']);
  expect((await lettersOf(bury.name)).map(({ value }) => value?.toString()).sort()).toEqual([
    'v0',
    'v1',
    'v2',
  ]);
}, 120_000);

test('a dead letter is its record byte for byte, and says where it came from and why', async () => {
  const name = unique('fn');
  const topic = unique('in');
  await kafka.createTopic(topic, 1, { 'retention.ms': '-1' });
  const key = Buffer.from([0, 200]);
  await kafka.send(topic, [
    { partition: 0, key, value: null, headers: { mine: 'yes' }, timestamp: '1700000000000' },
  ]);
  gateway.deploy(name, { topic, 'kafka.delivery': 'ranges' }, (batch) => failing(batch, () => true));
  await acknowledged(name, topic, 1);
  const [letter] = await lettersOf(name);
  expect(letter?.value).toEqual(Buffer.alloc(0));
  const headers = Object.fromEntries(
    Object.entries(letter?.headers ?? {}).map(([header, value]) => [header, value?.toString()]),
  );
  expect(headers).toMatchObject({
    mine: 'yes',
    'x-dead-letter-function': name,
    'x-dead-letter-topic': topic,
    'x-dead-letter-key': key.toString('base64'),
    'x-dead-letter-null-value': '1',
    'x-dead-letter-reason': 'bad record',
    'x-dead-letter-attempts': '1',
    'x-original-partition': '0',
    'x-original-offset': '0',
    'x-original-timestamp': '1700000000000',
  });
  expect(letter?.key?.toString()).toBe(`${name}/${headers['x-original-topic-id']}/0/0`);
}, 120_000);
