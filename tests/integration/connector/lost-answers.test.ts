import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { offsetFetchV8 } from '@platformatic/kafka';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { startConnector } from './rig/connector.ts';
import { type FakeGateway, failing, startFakeGateway, textOf } from './rig/fake-gateway.ts';
import { halfLoaded } from './rig/half-loaded-cluster.ts';
import { openKafka, type TestKafka } from './rig/kafka.ts';
import { createLedger, seededRandom } from './rig/ledger.ts';
import { lossy } from './rig/lossy-cluster.ts';

/**
 * Kafka's own answers get lost or are old, and copies of requests land after the connector has gone on. A commit that
 * lands late must not bring back an older declaration, a transaction that was given up must not come true, and a
 * position that a coordinator has not read to its end must not be taken for the last.
 */
const COUNT = 2000;
let kafka: TestKafka;
let gateway: FakeGateway;
const dlq = unique('dlq');

beforeAll(async () => {
  kafka = await openKafka();
  gateway = await startFakeGateway();
  await kafka.createTopic(dlq, 3, { 'cleanup.policy': 'compact' });
}, 120_000);

afterAll(async () => {
  await gateway?.close();
  await kafka?.close();
}, 120_000);

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);

async function runLossy(name: string, topic: string, share: number): Promise<Map<string, number>> {
  const random = seededRandom(seed);
  const hits = new Map<string, number>();
  await runCut(name, topic, (cluster) => lossy(cluster, { share, random, lateMs: 300, hits }));
  return hits;
}

/** Runs connectors one after the other, each cut off without goodbye, until everything is acknowledged. */
async function runCut(
  name: string,
  topic: string,
  around: (cluster: Cluster) => Cluster,
  eachMs = 2500,
): Promise<void> {
  const done = async () => (await kafka.positions(name, topic)).get(0)?.offset === COUNT;
  for (let i = 0; i < 40; i++) {
    const connector = startConnector({
      bootstrapServers: kafka.bootstrapServers,
      gatewayUrl: gateway.url,
      deadLetterTopic: dlq,
      instanceId: name,
      around,
    });
    const finished = await eventually(async () => expect(await done()).toBe(true), {
      timeoutMs: eachMs,
      intervalMs: 100,
    }).then(
      () => true,
      () => false,
    );
    await connector.close();
    if (finished && (await done())) return;
  }
}

test('ranges: each record is stored once, each bad one is one dead letter', async () => {
  const topic = unique('in');
  const name = unique('sink');
  const ledger = createLedger();
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, COUNT);
  const bad = ({ value }: { value?: string }) => /7[37]$/.test(textOf(value));
  gateway.deploy(
    name,
    { topic, 'kafka.delivery': 'ranges', 'kafka.batch-size': '17', 'kafka.batch-window': '5ms' },
    async (batch) => {
      await delay(5);
      if (batch.records.some(bad)) return failing(batch, bad);
      ledger.apply(batch);
      return {};
    },
  );
  const hits = await runLossy(name, topic, 0.08);
  const letters = (await kafka.readAll(dlq)).filter(({ key }) => key?.toString().startsWith(`${name}/`));
  const stored = [...ledger.stored().values()];
  expect({ seed, contradictions: ledger.contradictions }).toEqual({ seed, contradictions: [] });
  expect({
    seed,
    stored: stored.length,
    doubled: stored.filter((n) => n !== 1).length,
    letters: letters.length,
    different: new Set(letters.map(({ key }) => key?.toString())).size,
  }).toEqual({ seed, stored: COUNT - 40, doubled: 0, letters: 40, different: 40 });
  expect(hits.get('OffsetCommit late')).toBeGreaterThan(0);
  expect(hits.get('OffsetCommit lost')).toBeGreaterThan(0);
}, 120_000);

test('transactional: each record has one output', async () => {
  const topic = unique('in');
  const output = unique('out');
  const name = unique('map');
  await kafka.createTopic(topic, 1);
  await kafka.createTopic(output, 2);
  await kafka.sendNumbered(topic, COUNT);
  gateway.deploy(
    name,
    { topic, 'kafka.output-topic': output, 'kafka.batch-size': '17', 'kafka.batch-window': '5ms' },
    (batch) => ({
      body: {
        records: batch.records.map(({ key, value, offset }) => ({ key, value, sourceOffset: offset })),
      },
    }),
  );
  const hits = await runLossy(name, topic, 0.04);
  const values = (await kafka.readAll(output)).map(({ value }) => value?.toString());
  expect({ seed, outputs: values.length, distinct: new Set(values).size }).toEqual({
    seed,
    outputs: COUNT,
    distinct: COUNT,
  });
  expect([...hits.keys()].filter((hit) => hit.startsWith('EndTxn')).length).toBeGreaterThan(0);
}, 120_000);

test('ranges: a coordinator that has not read its log to the end changes nothing', async () => {
  const topic = unique('in');
  const name = unique('sink');
  const ledger = createLedger();
  await kafka.createTopic(topic, 1);
  await kafka.sendNumbered(topic, COUNT);
  const random = seededRandom(seed);
  const before: offsetFetchV8.OffsetFetchResponse[] = [];
  let starts = 0;
  const around = (cluster: Cluster) => {
    starts++;
    // Ranges that are cut anew are other ones.
    const size = `${11 + starts}`;
    gateway.deploy(
      name,
      { topic, 'kafka.delivery': 'ranges', 'kafka.batch-size': size, 'kafka.batch-window': '5ms' },
      async (batch) => {
        await delay(20);
        ledger.apply(batch);
        return {};
      },
    );
    return halfLoaded(cluster, { random, before });
  };
  await runCut(name, topic, around, 1200);
  const stored = [...ledger.stored().values()];
  expect({ seed, contradictions: ledger.contradictions }).toEqual({ seed, contradictions: [] });
  expect({ seed, stored: stored.length, doubled: stored.filter((n) => n !== 1).length }).toEqual({
    seed,
    stored: COUNT,
    doubled: 0,
  });
  expect(starts).toBeGreaterThan(2);
}, 120_000);
