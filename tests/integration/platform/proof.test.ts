import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Proof, prove, wholeLog } from '../../../infra/platform/proof/proof.ts';
import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { readSettings, type Settings } from '../../../shared/config/index.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { cleanEvent } from '../../support/clean-range.ts';
import { engines } from '../../support/engines.ts';
import { unique } from '../../support/names.ts';
import { openKafka, type TestKafka } from '../connector/rig/kafka.ts';
import { type CheckRig, openCheckRig } from '../stores/check-rig.ts';

/** The proof that demo and chaos rest on, against real engines: it must see what is planted. */
const EVENTS = 30;
let rig: CheckRig;
let kafka: TestKafka;
let cluster: Cluster;
let settings: Settings;

const event = (i: number) => cleanEvent(`${rig.topic}/${i}`, { user_id: i, raw_partition: 0, raw_offset: i });

beforeAll(async () => {
  [rig, kafka] = await Promise.all([openCheckRig(), openKafka()]);
  const raw = unique('raw');
  await kafka.createTopic(raw, 2);
  await kafka.sendNumbered(raw, EVENTS);
  cluster = createCluster({ bootstrapServers: engines().kafka, clientId: 'proof-test' });
  settings = readSettings({
    KAFKA_BOOTSTRAP_SERVERS: engines().kafka,
    EVENTS_RAW_TOPIC: raw,
    EVENTS_CLEAN_TOPIC: rig.topic,
    EVENTS_DLQ_TOPIC: rig.deadLetterTopic,
    CLICKHOUSE_URL: engines().clickhouse,
    CLICKHOUSE_DATABASE: rig.clickhouse.settings.clickhouseDatabase,
    MONGODB_URI: engines().mongodb,
    MONGODB_DATABASE: rig.mongo.settings.mongodbDatabase,
  });
  // The last raw record is rejected; an aborted transaction leaves offsets that hold nothing.
  const clean = Array.from({ length: EVENTS - 1 }, (_, i) => encodeClean(event(i)));
  await rig.produce(rig.topic, 1, ['aborted'], { abort: true });
  await rig.produce(rig.topic, 0, clean.slice(0, 20));
  await rig.produce(rig.topic, 1, clean.slice(20));
  const rawId = (await cluster.topic(raw))?.id;
  await rig.produce(rig.deadLetterTopic, 0, ['letter'], { key: `transform/${rawId}/0/${EVENTS - 1}` });
  await rig.store(0);
  await rig.store(1);
}, 120_000);

afterAll(async () => {
  await cluster?.close();
  await kafka?.close();
  await rig?.close();
}, 60_000);

const proof = async (): Promise<Proof> => prove(cluster, settings, await wholeLog(cluster, settings));
const faults = ({ lost, doubled, transform, mongodb, clickhouse, rollups }: Proof) => ({
  all: [lost, doubled],
  transform: [transform.lost, transform.doubled],
  mongodb: [mongodb.lost, mongodb.doubled],
  clickhouse: [clickhouse.lost, clickhouse.doubled],
  rollups: rollups.map((rollup) => [rollup.lost, rollup.doubled]),
});
const none = [0, 0];

test('all there: nothing is lost, nothing doubled', async () => {
  const found = await proof();
  expect(found).toMatchObject({ raw: EVENTS, clean: EVENTS - 1, rejected: 1 });
  expect(faults(found)).toEqual({
    all: none,
    transform: none,
    mongodb: none,
    clickhouse: none,
    rollups: [none, none],
  });
}, 60_000);

test('a document that is deleted, and one that is there under another id, are found', async () => {
  const events = rig.mongo.mongo.events<{ _id: string }>();
  const taken = await events.findOneAndDelete({ _id: event(3).event_id });
  expect(faults(await proof())).toMatchObject({ all: [1, 0], mongodb: [1, 0], clickhouse: none });
  const other = { ...taken, _id: cleanEvent('another').event_id };
  await events.insertOne(other);
  expect(faults(await proof())).toMatchObject({ all: [1, 1], mongodb: [1, 1], clickhouse: none });
  await events.deleteOne({ _id: other._id });
  if (taken) await events.insertOne(taken);
  expect(faults(await proof())).toMatchObject({ all: none });
}, 60_000);

test('a row that is there twice, and a rollup that has lost some, are found', async () => {
  const { command } = rig.clickhouse;
  const database = settings.clickhouseDatabase;
  await command(`INSERT INTO ${database}.events_local SELECT * FROM ${database}.events_local LIMIT 1
    SETTINGS insert_deduplicate = 0`);
  // Its rollup counts it as well, so the rows and the rollup agree: only the ledger sees this one.
  expect(faults(await proof())).toMatchObject({ all: [0, 1], clickhouse: [0, 1], rollups: [none, none] });
  await command(`TRUNCATE TABLE ${database}.events_per_minute_local`);
  const { rollups } = faults(await proof());
  expect(rollups).toEqual([[EVENTS, 0], none]);
}, 60_000);

test('a raw record that came out twice is found', async () => {
  await rig.produce(rig.topic, 1, [encodeClean(event(7))]);
  expect(faults(await proof())).toMatchObject({ transform: [0, 1] });
}, 60_000);
