import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Connector } from '../../../infra/connector/connector.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { startConnector } from './rig/connector.ts';
import { type FakeGateway, startFakeGateway } from './rig/fake-gateway.ts';
import { openKafka, type TestKafka } from './rig/kafka.ts';
import { createLedger, seededRandom, unreliable } from './rig/ledger.ts';
import { type ConnectorProcess, spawnConnector } from './rig/process.ts';

let kafka: TestKafka;
let gateway: FakeGateway;
const dlq = unique('dlq');
const open: Connector[] = [];
const processes: ConnectorProcess[] = [];

beforeAll(async () => {
  kafka = await openKafka();
  gateway = await startFakeGateway();
  await kafka.createTopic(dlq, 3, { 'cleanup.policy': 'compact' });
}, 120_000);

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await Promise.all(
    processes
      .splice(0)
      .filter((each) => each.alive())
      .map((each) => each.kill()),
  );
}, 120_000);

afterAll(async () => {
  await gateway?.close();
  await kafka?.close();
}, 120_000);

function start(instanceId: string): Connector {
  const connector = startConnector({
    bootstrapServers: kafka.bootstrapServers,
    gatewayUrl: gateway.url,
    deadLetterTopic: dlq,
    instanceId,
  });
  open.push(connector);
  return connector;
}

const acknowledged = (group: string, topic: string, timeoutMs = 60_000) =>
  eventually(
    async () => {
      const positions = await kafka.positions(group, topic);
      for (const { partition, high } of await kafka.admin.fetchTopicOffsets(topic)) {
        expect(positions.get(partition)?.offset).toBe(Number(high));
      }
    },
    { timeoutMs, intervalMs: 200 },
  );

test('connectors that come, share, go, and a topic of 6 partitions that gets 24: each record is stored once', async () => {
  const random = seededRandom(7);
  const topic = unique('in');
  const name = unique('sink');
  const ledger = createLedger();
  await kafka.createTopic(topic, 6);
  for (let partition = 0; partition < 6; partition++) await kafka.sendNumbered(topic, 1000, { partition });
  gateway.deploy(
    name,
    { topic, 'kafka.delivery': 'ranges', 'kafka.batch-size': '25', 'kafka.batch-window': '10ms' },
    unreliable(ledger, random),
  );
  const partitionsOf = (since: number, instance: string) =>
    new Set(
      gateway.calls
        .slice(since)
        .filter(({ headers, topic: t }) => headers['x-connector'] === instance && t === topic)
        .map(({ partition }) => partition),
    );
  const a = start(`${name}-a`);
  await eventually(() => expect(partitionsOf(0, `${name}-a`).size).toBe(6));
  const before = gateway.calls.length;
  start(`${name}-b`);
  await eventually(() => expect(partitionsOf(before, `${name}-b`).size).toBe(3));
  await kafka.addPartitions(topic, 24);
  for (let partition = 6; partition < 24; partition++) {
    await eventually(() => kafka.sendNumbered(topic, 100, { partition }));
  }
  await eventually(() => {
    const seen = new Set([...partitionsOf(before, `${name}-a`), ...partitionsOf(before, `${name}-b`)]);
    expect(seen.size).toBe(24);
  });
  await a.close();
  open.splice(open.indexOf(a), 1);
  await acknowledged(name, topic);
  expect(ledger.contradictions).toEqual([]);
  const stored = [...ledger.stored().values()];
  expect({ stored: stored.length, doubled: stored.filter((n) => n !== 1).length }).toEqual({
    stored: 6 * 1000 + 18 * 100,
    doubled: 0,
  });
  gateway.remove(name);
}, 120_000);

test('a connector that was stopped past its session and wakes up harms nothing', async () => {
  const random = seededRandom(11);
  const topic = unique('in');
  const output = unique('out');
  const sink = unique('sink');
  const map = unique('map');
  const ledger = createLedger();
  await kafka.createTopic(topic, 2);
  await kafka.createTopic(output, 2);
  for (let partition = 0; partition < 2; partition++) {
    await kafka.sendNumbered(topic, 2000, { partition, prefix: `p${partition}-` });
  }
  const spawn = async () => {
    const process = await spawnConnector({
      bootstrapServers: kafka.bootstrapServers,
      gatewayUrl: gateway.url,
      deadLetterTopic: dlq,
    });
    processes.push(process);
    return process;
  };
  const size = { 'kafka.batch-size': '20', 'kafka.batch-window': '10ms' };
  gateway.deploy(sink, { topic, 'kafka.delivery': 'ranges', ...size }, unreliable(ledger, random));
  gateway.deploy(map, { topic, 'kafka.output-topic': output, ...size }, async (batch) => {
    await delay(random() * 20);
    return {
      body: {
        records: batch.records.map(({ key, value, offset }) => ({ key, value, sourceOffset: offset })),
      },
    };
  });
  const zombie = await spawn();
  await eventually(() => {
    const own = gateway.calls.filter(({ topic: from }) => from === topic);
    expect(own.length).toBeGreaterThan(20);
    expect(new Set(own.map(({ functionName }) => functionName)).size).toBe(2);
  });
  zombie.signal('SIGSTOP');
  const heir = await spawn();
  const stoppedAt = gateway.calls.length;
  await eventually(
    () => {
      const names = gateway.calls.slice(stoppedAt).map(({ functionName }) => functionName);
      expect(new Set(names).size).toBe(2);
      expect(names.length).toBeGreaterThan(20);
    },
    { timeoutMs: 30_000 },
  );
  zombie.signal('SIGCONT');
  await acknowledged(sink, topic);
  await acknowledged(map, topic);
  expect(await zombie.stop()).toBe(0);
  expect(await heir.stop()).toBe(0);
  expect(ledger.contradictions).toEqual([]);
  const stored = [...ledger.stored().values()];
  expect({ stored: stored.length, doubled: stored.filter((n) => n !== 1).length }).toEqual({
    stored: 4000,
    doubled: 0,
  });
  const outputs = (await kafka.readAll(output)).map(({ value }) => value?.toString());
  expect({ outputs: outputs.length, distinct: new Set(outputs).size }).toEqual({
    outputs: 4000,
    distinct: 4000,
  });
}, 120_000);

test('a connector that is killed comes back under its name: it goes on where it was, the other keeps what it has', async () => {
  const topic = unique('in');
  const name = unique('sink');
  const ledger = createLedger();
  await kafka.createTopic(topic, 4);
  gateway.deploy(name, { topic, 'kafka.delivery': 'ranges', 'kafka.batch-window': '10ms' }, (batch) => {
    ledger.apply(batch);
    return {};
  });
  const spawnNamed = async (instanceId: string) => {
    const process = await spawnConnector({
      bootstrapServers: kafka.bootstrapServers,
      gatewayUrl: gateway.url,
      deadLetterTopic: dlq,
      instanceId,
      // Without its name the partitions would be free only after this, which is longer than the test.
      sessionTimeoutMs: 300_000,
    });
    processes.push(process);
    return process;
  };
  const takeovers = async ({ port }: ConnectorProcess) => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    // The functions of other tests are still deployed: a line for each.
    const line = text
      .split('\n')
      .find((each) => each.startsWith('connector_takeovers_total{') && each.includes(`"${name}"`));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  /** Every partition, and those of the retry topic, belong to somebody who has taken them over. */
  const shared = (each: ConnectorProcess, count: number) =>
    eventually(async () => expect(await takeovers(each)).toBeGreaterThanOrEqual(count));
  const first = await spawnNamed(`${name}-1`);
  await shared(first, 7);
  const other = await spawnNamed(`${name}-2`);
  await shared(other, 3);
  const before = await takeovers(other);
  const send = async (from: number) => {
    for (let partition = 0; partition < 4; partition++) {
      await kafka.sendNumbered(topic, 200, { partition, from });
    }
  };
  await send(0);
  await first.kill();
  await send(200);
  await spawnNamed(`${name}-1`);
  await acknowledged(name, topic);
  expect(await takeovers(other)).toBe(before);
  expect(ledger.contradictions).toEqual([]);
  expect([...ledger.stored().values()]).toEqual(Array.from({ length: 1600 }, () => 1));
}, 240_000);

test('SIGTERM finishes the call in flight, acknowledges it and leaves', async () => {
  const topic = unique('in');
  const name = unique('slow');
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, 10);
  let inFlight = false;
  gateway.deploy(name, { topic, 'kafka.delivery': 'ranges' }, async () => {
    inFlight = true;
    await delay(1500);
    return {};
  });
  const connector = await spawnConnector({
    bootstrapServers: kafka.bootstrapServers,
    gatewayUrl: gateway.url,
    deadLetterTopic: dlq,
  });
  processes.push(connector);
  await eventually(() => expect(inFlight).toBe(true));
  expect(await connector.stop()).toBe(0);
  expect(gateway.calls.filter(({ functionName }) => functionName === name)).toHaveLength(1);
  const position = (await kafka.positions(name, topic)).get(0);
  expect(position?.offset).toBe(10);
  expect(position?.metadata).toMatch(/^1 [\w-]{22}$/);
  const { groups } = await kafka.admin.describeGroups([name]);
  expect(groups[0]?.members).toEqual([]);
}, 120_000);
