import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Connector } from '../../../infra/connector/connector.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { startConnector } from './rig/connector.ts';
import { type FakeGateway, startFakeGateway, textOf } from './rig/fake-gateway.ts';
import { openKafka, type TestKafka } from './rig/kafka.ts';

let kafka: TestKafka;
let gateway: FakeGateway;
let connector: Connector;
const dlq = unique('dlq');

beforeAll(async () => {
  kafka = await openKafka();
  gateway = await startFakeGateway();
  await kafka.createTopic(dlq, 1, { 'cleanup.policy': 'compact' });
  connector = startConnector({
    bootstrapServers: kafka.bootstrapServers,
    gatewayUrl: gateway.url,
    deadLetterTopic: dlq,
    instanceId: unique('c'),
  });
}, 120_000);

afterAll(async () => {
  await connector?.close();
  await gateway?.close();
  await kafka?.close();
}, 120_000);

const valuesOf = (name: string) =>
  gateway.calls
    .filter(({ functionName }) => functionName === name)
    .flatMap(({ records }) => records.map(({ value }) => textOf(value)));

test('functions come, change and go; one with bad annotations is left out', async () => {
  const topic = unique('in');
  const other = unique('in');
  const name = unique('fn');
  const bad = unique('bad');
  await kafka.createTopic(topic, 1);
  await kafka.createTopic(other, 1);
  await kafka.sendNumbered(topic, 3, { prefix: 'a' });
  await kafka.sendNumbered(other, 3, { prefix: 'b' });
  gateway.deploy(bad, { topic, 'kafka.batch-size': 'many' });
  gateway.deploy(name, { topic });
  await eventually(() => expect(valuesOf(name)).toEqual(['a0', 'a1', 'a2']));
  expect(connector.health().functions).toContain(name);
  expect(connector.health().functions).not.toContain(bad);

  gateway.deploy(name, { topic: other });
  await eventually(() => expect(valuesOf(name)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2']));

  gateway.remove(name);
  await eventually(() => expect(connector.health().functions).not.toContain(name));
  await eventually(async () => {
    const { groups } = await kafka.admin.describeGroups([name]);
    expect(groups[0]?.members).toEqual([]);
  });
}, 120_000);

test('latest begins at the end once; partitions that come later are read from their first record', async () => {
  const topic = unique('in');
  const name = unique('fn');
  await kafka.createTopic(topic, 2);
  await kafka.sendNumbered(topic, 5, { partition: 0, prefix: 'old' });
  gateway.deploy(name, { topic, 'kafka.start': 'latest' });
  await eventually(async () => {
    const positions = await kafka.positions(name, topic);
    expect([...positions].map(([, { offset }]) => offset)).toEqual([5, 0]);
  });
  await kafka.addPartitions(topic, 3);
  await eventually(() => kafka.sendNumbered(topic, 2, { partition: 2, prefix: 'late' }));
  await kafka.sendNumbered(topic, 2, { partition: 1, prefix: 'new' });
  await eventually(() => expect(valuesOf(name).sort()).toEqual(['late0', 'late1', 'new0', 'new1']));
}, 120_000);

test('a time begins at the first record from then on', async () => {
  const topic = unique('in');
  const name = unique('fn');
  await kafka.createTopic(topic, 1);
  await kafka.send(topic, [
    { partition: 0, value: 'before', timestamp: String(Date.parse('2026-01-01T00:00:00Z')) },
    { partition: 0, value: 'after', timestamp: String(Date.parse('2026-01-03T00:00:00Z')) },
  ]);
  gateway.deploy(name, { topic, 'kafka.start': '2026-01-02T00:00:00Z' });
  await eventually(() => expect(valuesOf(name)).toEqual(['after']));
}, 120_000);

test('a function waits for its topic, and for itself to be deployed', async () => {
  const topic = unique('in');
  const name = unique('fn');
  gateway.deploy(name, { topic }, () => ({ status: 404 }));
  await eventually(() => expect(connector.health().functions).toContain(name));
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, 2);
  await eventually(() => expect(valuesOf(name).length).toBeGreaterThan(0));
  gateway.script(name, () => ({}));
  await eventually(async () => expect((await kafka.positions(name, topic)).get(0)?.offset).toBe(2));
}, 120_000);

test('a topic made anew begins anew, under other names', async () => {
  const topic = unique('in');
  const name = unique('fn');
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, 4, { prefix: 'first' });
  gateway.deploy(name, { topic, 'kafka.delivery': 'ranges' });
  await eventually(async () => expect((await kafka.positions(name, topic)).get(0)?.offset).toBe(4));
  await kafka.admin.deleteTopics({ topics: [topic] });
  await eventually(() => kafka.createTopic(topic, 1));
  await eventually(() => kafka.sendNumbered(topic, 2, { prefix: 'second' }));
  await eventually(
    () => expect(valuesOf(name)).toEqual(['first0', 'first1', 'first2', 'first3', 'second0', 'second1']),
    {
      timeoutMs: 20_000,
    },
  );
  const ids = gateway.calls.filter(({ functionName }) => functionName === name).map(({ batchId }) => batchId);
  expect(new Set(ids).size).toBe(ids.length);
}, 120_000);
