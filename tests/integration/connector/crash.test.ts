import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { type FakeGateway, type Received, startFakeGateway } from './rig/fake-gateway.ts';
import { openKafka, type TestKafka } from './rig/kafka.ts';
import { createLedger, seededRandom, unreliable } from './rig/ledger.ts';
import { type ConnectorProcess, spawnConnector } from './rig/process.ts';

const PARTITIONS = 3;
const RECORDS = 3000;
const KILLS = 7;
let kafka: TestKafka;
let gateway: FakeGateway;
const dlq = unique('dlq');
const running = new Set<ConnectorProcess>();

beforeAll(async () => {
  kafka = await openKafka();
  gateway = await startFakeGateway();
  await kafka.createTopic(dlq, 3, { 'cleanup.policy': 'compact' });
}, 120_000);

afterAll(async () => {
  await Promise.all([...running].filter((each) => each.alive()).map((each) => each.kill()));
  await gateway?.close();
  await kafka?.close();
}, 120_000);

async function spawn(instanceId?: string): Promise<ConnectorProcess> {
  const process = await spawnConnector({
    bootstrapServers: kafka.bootstrapServers,
    gatewayUrl: gateway.url,
    deadLetterTopic: dlq,
    ...(instanceId && { instanceId }),
  });
  running.add(process);
  return process;
}

async function produce(topic: string): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await kafka.sendNumbered(topic, RECORDS, { partition, prefix: `p${partition}-` });
  }
}

/** Kills connectors while they work; leaves the last one running. */
async function killAtRandom(name: string, random: () => number, kills: number): Promise<ConnectorProcess> {
  for (let i = 0; ; i++) {
    const before = gateway.calls.length;
    const connector = await spawn(name);
    if (i === kills) return connector;
    await eventually(() => expect(gateway.calls.length).toBeGreaterThan(before), { intervalMs: 5 });
    await delay(random() * 300);
    await connector.kill();
  }
}

const allAcknowledged = (group: string, topic: string, timeoutMs = 90_000) =>
  eventually(
    async () => {
      const positions = await kafka.positions(group, topic);
      const { low, high } = { low: positions, high: await kafka.admin.fetchTopicOffsets(topic) };
      for (const { partition, offset } of high) expect(low.get(partition)?.offset).toBe(Number(offset));
    },
    { timeoutMs, intervalMs: 200 },
  );

test('ranges: kill -9 at any moment, lying and missing answers: each record is stored once', async () => {
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const topic = unique('in');
  const name = unique('sink');
  const ledger = createLedger();
  await kafka.createTopic(topic, PARTITIONS);
  await produce(topic);
  gateway.deploy(
    name,
    {
      topic,
      'kafka.delivery': 'ranges',
      'kafka.routes': '2',
      'kafka.batch-window': '10ms',
      'kafka.batch-size': '40',
    },
    unreliable(ledger, random),
  );
  const connector = await killAtRandom(name, random, KILLS);
  await allAcknowledged(name, topic);
  await connector.stop();
  const stored = [...ledger.stored().values()];
  expect({ seed, contradictions: ledger.contradictions }).toMatchObject({ contradictions: [] });
  expect({ seed, stored: stored.length, doubled: stored.filter((times) => times !== 1).length }).toEqual({
    seed,
    stored: RECORDS * PARTITIONS,
    doubled: 0,
  });
}, 150_000);

test('transactional: kill -9 at any moment: each record has one output', async () => {
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const topic = unique('in');
  const output = unique('out');
  const name = unique('map');
  await kafka.createTopic(topic, PARTITIONS);
  await produce(topic);
  await kafka.createTopic(output, PARTITIONS);
  const base = unreliable(createLedger(), random);
  gateway.deploy(
    name,
    {
      topic,
      'kafka.delivery': 'transactional',
      'kafka.output-topic': output,
      'kafka.batch-window': '10ms',
      'kafka.batch-size': '40',
    },
    async (batch: Received) => {
      const reply = await base(batch);
      if (reply.status !== undefined || reply.drop) return reply;
      return {
        body: {
          records: batch.records.map(({ key, value, offset }) => ({ key, value, sourceOffset: offset })),
        },
      };
    },
  );
  const connector = await killAtRandom(name, random, KILLS);
  await allAcknowledged(name, topic);
  await connector.stop();
  const values = (await kafka.readAll(output)).map(({ value }) => String(value));
  expect({ seed, outputs: values.length, distinct: new Set(values).size }).toEqual({
    seed,
    outputs: RECORDS * PARTITIONS,
    distinct: RECORDS * PARTITIONS,
  });
}, 150_000);
