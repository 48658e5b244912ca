import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Admin, Kafka, Producer } from 'kafkajs';
import { createKafka } from '../../../shared/clients/kafka/index.ts';
import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { commitPositions, readPositions } from '../../../shared/clients/kafka-protocol/offsets.ts';
import { createPositionLog } from '../../../shared/clients/kafka-protocol/position-log.ts';
import { engines } from '../../support/engines.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { seededRandom } from '../connector/rig/ledger.ts';
import { createTopic, silent } from './topics.ts';

const partitions = [0, 1, 2];
const topic = unique('positions');
let cluster: Cluster;
let kafka: Kafka;
let admin: Admin;
let producer: Producer;

beforeAll(async () => {
  cluster = createCluster({ bootstrapServers: engines().kafka, clientId: 'test' });
  kafka = createKafka({ bootstrapServers: engines().kafka, clientId: 'test', log: silent });
  admin = kafka.admin();
  producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([admin.connect(), producer.connect(), createTopic(engines().kafka, topic, 3)]);
}, 60_000);
afterAll(() => Promise.all([cluster?.close(), admin?.disconnect(), producer?.disconnect()]));

const byCoordinator = (groupId: string) =>
  readPositions(cluster, { groupId, topic, partitions, stable: true, lane: 'test' });
const newLog = (groupId: string) => createPositionLog({ cluster, groupId, lane: `log/${groupId}` });
const writer = (groupId: string) => ({ groupId, memberId: '', generation: -1, instanceId: null });

async function plain(groupId: string, partition: number, offset: number): Promise<void> {
  const positions = [{ topic, partition, offset, metadata: `plain ${offset}` }];
  await commitPositions(cluster, { writer: writer(groupId), lane: 'test', positions });
}

async function begin(groupId: string, partition: number, offset: number) {
  const transaction = await producer.transaction();
  const topics = [{ topic, partitions: [{ partition, offset: String(offset) }] }];
  // Refused while the broker still writes the markers of the transaction before.
  await eventually(() => transaction.sendOffsets({ consumerGroupId: groupId, topics }), { intervalMs: 5 });
  return transaction;
}

test('whatever was committed, given up, deleted: the same as a coordinator that has read it all', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const groups = [unique('a'), unique('b'), unique('c')];
  const logs = groups.map(newLog);
  for (let step = 1; step <= 120; step++) {
    const place = Math.floor(random() * groups.length);
    const group = groups[place] as string;
    const partition = Math.floor(random() * partitions.length);
    const what = random();
    // Not always forward: a position may be set back.
    const offset = Math.floor(random() * 1000);
    if (what < 0.5) await plain(group, partition, offset);
    else if (what < 0.7) await (await begin(group, partition, offset)).commit();
    else if (what < 0.9) await (await begin(group, partition, offset)).abort();
    else await admin.deleteGroups([group]).catch(() => {});
    if (random() < 0.5) continue;
    const read = await logs[place]?.read({ topic, partitions, stable: true });
    expect({ seed, step, read }).toEqual({ seed, step, read: await byCoordinator(group) });
  }
  for (const group of groups) {
    // One that begins now reads it all at once.
    expect(await newLog(group).read({ topic, partitions, stable: true })).toEqual(await byCoordinator(group));
  }
}, 120_000);

test('an open transaction: what was before it, or, if asked so, what it comes to', async () => {
  const group = unique('open');
  const log = newLog(group);
  await plain(group, 0, 5);
  const transaction = await begin(group, 0, 9);
  const before = new Map([[0, { offset: 5, metadata: 'plain 5' }]]);
  expect(await log.read({ topic, partitions, stable: false })).toEqual(before);
  expect(await log.read({ topic, partitions: [1, 2], stable: true })).toEqual(new Map());
  const after = log.read({ topic, partitions, stable: true });
  await transaction.commit();
  expect((await after).get(0)?.offset).toBe(9);
}, 60_000);
