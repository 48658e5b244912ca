import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Connector } from '../../../infra/connector/connector.ts';
import { listLetters, purge, redrive } from '../../../infra/connector/redrive/redrive.ts';
import type { Selection } from '../../../infra/connector/redrive/select.ts';
import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { startConnector } from './rig/connector.ts';
import { type FakeGateway, failing, startFakeGateway, textOf } from './rig/fake-gateway.ts';
import { openKafka, type TestKafka } from './rig/kafka.ts';

let kafka: TestKafka;
let gateway: FakeGateway;
let connector: Connector;
let cluster: Cluster;
const dlq = unique('dlq');

beforeAll(async () => {
  kafka = await openKafka();
  gateway = await startFakeGateway();
  await kafka.createTopic(dlq, 3, { 'cleanup.policy': 'compact' });
  cluster = createCluster({ bootstrapServers: kafka.bootstrapServers, clientId: 'redrive-test' });
  connector = startConnector({
    bootstrapServers: kafka.bootstrapServers,
    gatewayUrl: gateway.url,
    deadLetterTopic: dlq,
    instanceId: unique('c'),
  });
}, 120_000);

afterAll(async () => {
  await connector?.close();
  await cluster?.close();
  await gateway?.close();
  await kafka?.close();
}, 120_000);

const work = (selection: Selection, on = cluster) => ({
  cluster: on,
  deadLetterTopic: dlq,
  selection,
  now: Date.now,
});
const retryTopicOf = (name: string) => `${name}.retry`;

/** A function that has refused some of 20 records. */
async function withLetters(mode: string, bad: readonly string[]) {
  const name = unique('fn');
  const topic = unique('in');
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, 20);
  gateway.deploy(name, { topic, 'kafka.delivery': mode, 'kafka.batch-window': '10ms' }, (batch) =>
    failing(batch, ({ value }) => bad.includes(textOf(value))),
  );
  await eventually(async () => {
    expect((await kafka.positions(name, topic)).get(0)?.offset).toBe(20);
  });
  const retried = () =>
    gateway.calls.filter((call) => call.functionName === name && call.topic === `${name}.retry`);
  return { name, topic, retried };
}

test('what was mended is delivered once, however often and at once it is redriven', async () => {
  const { name, topic, retried } = await withLetters('ranges', ['v3', 'v9', 'v15']);
  const letters = await listLetters(work({ functionName: name }));
  expect(letters.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual([3, 9, 15]);
  expect(letters[0]).toMatchObject({ topic, partition: 0, reason: 'bad record', attempts: 1 });
  gateway.script(name, () => ({}));
  const runs = await Promise.allSettled(
    [1, 2, 3].map(() => redrive(work({ functionName: name }), retryTopicOf)),
  );
  const sent = runs.flatMap((run) => (run.status === 'fulfilled' ? run.value.sent : []));
  expect(new Set(sent.map(({ key }) => key)).size).toBe(sent.length);
  await redrive(work({ functionName: name }), retryTopicOf);
  await eventually(() => {
    expect(
      retried()
        .flatMap(({ records }) => records.map(({ value }) => textOf(value)))
        .sort(),
    ).toEqual(['v15', 'v3', 'v9']);
  });
  expect(await listLetters(work({ functionName: name }))).toEqual([]);
  expect(await redrive(work({ functionName: name }), retryTopicOf)).toEqual({ sent: [], skipped: [] });
  const [record] = retried().flatMap(({ records }) => records);
  const headers = Object.fromEntries(
    (record?.headers ?? []).flatMap((h) => Object.entries(h)).map(([k, v]) => [k, Buffer.from(v).toString()]),
  );
  expect(headers['x-original-offset']).toBe(textOf(record?.value).slice(1));
  expect(headers['x-dead-letter-reason']).toBeUndefined();
}, 120_000);

test('what fails again is the same dead letter', async () => {
  const { name } = await withLetters('transactional', ['v7']);
  const [before] = await listLetters(work({ functionName: name }));
  await redrive(work({ functionName: name }), retryTopicOf);
  const [after] = await eventually(async () => {
    const letters = await listLetters(work({ functionName: name }));
    expect(letters).toHaveLength(1);
    expect(letters[0]?.diedMs).toBeGreaterThan(before?.diedMs ?? 0);
    return letters;
  });
  expect(after).toMatchObject({
    key: before?.key,
    topic: before?.topic,
    topicId: before?.topicId,
    offset: 7,
    timestampMs: before?.timestampMs,
  });
}, 120_000);

test('an open transaction on the dead-letter topic is waited for', async () => {
  const { name } = await withLetters('ranges', ['v1']);
  const [letter] = await listLetters(work({ functionName: name }));
  const producer = kafka.kafka.producer({
    transactionalId: unique('t'),
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({
    topic: dlq,
    messages: [0, 1, 2].map((partition) => ({ partition, key: 'other', value: 'x' })),
  });
  // Purged behind the open transaction: whoever reads only to the stable end would still see it.
  await kafka.send(dlq, [{ partition: letter?.at.partition ?? 0, key: letter?.key ?? '', value: null }]);
  const listing = listLetters(work({ functionName: name }));
  await new Promise((resolve) => setTimeout(resolve, 700));
  await transaction.abort();
  await producer.disconnect();
  expect(await listing).toEqual([]);
}, 120_000);

test('purge deletes what is selected, and functions that are not deployed are left alone', async () => {
  const { name } = await withLetters('ranges', ['v2', 'v4']);
  expect((await redrive(work({ functionName: name }), () => undefined)).skipped).toHaveLength(2);
  const [first] = await listLetters(work({ functionName: name, limit: 1 }));
  await purge(work({ key: first?.key }));
  expect((await listLetters(work({ functionName: name }))).map(({ key }) => key)).not.toContain(first?.key);
  expect(await listLetters(work({ functionName: name }))).toHaveLength(1);
}, 120_000);
