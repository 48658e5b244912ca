import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { backUp } from '../../../infra/platform/backup/backup.ts';
import { restore } from '../../../infra/platform/backup/restore.ts';
import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { readSettings, type Settings } from '../../../shared/config/index.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { cleanEvent } from '../../support/clean-range.ts';
import { engines } from '../../support/engines.ts';
import { type CheckRig, openCheckRig } from './check-rig.ts';
import { type ClickHouseFixture, type MongoFixture, openClickHouse, openMongo } from './open-stores.ts';

jest.setTimeout(120_000);

const dayMs = 86_400_000;
let rig: CheckRig;
let cluster: Cluster;
let folder: string;
let clickhouse: ClickHouseFixture;
let mongo: MongoFixture;
let target: Settings;

/** Over three months, with properties of every type. */
const event = (i: number) =>
  cleanEvent(`${rig.topic}/${i}`, {
    user_id: i % 5,
    timestamp: Date.UTC(2026, 8, 1) + i * 2 * dayMs,
    properties: { amount: 19.9, n: i, flag: i % 2 === 0, nested: { list: [1, 'a', null] }, text: 'ä"' },
  });

const settingsOf = (clickhouse: Settings, mongo: Settings): Settings => ({
  ...readSettings({ KAFKA_BOOTSTRAP_SERVERS: engines().kafka }),
  cleanTopic: rig.topic,
  clickhouseUrl: clickhouse.clickhouseUrl,
  clickhouseDatabase: clickhouse.clickhouseDatabase,
  mongodbUri: mongo.mongodbUri,
  mongodbDatabase: mongo.mongodbDatabase,
});

beforeAll(async () => {
  [rig, clickhouse, mongo] = await Promise.all([openCheckRig(), openClickHouse(), openMongo()]);
  cluster = createCluster({ bootstrapServers: engines().kafka, clientId: rig.topic });
  folder = mkdtempSync(join(tmpdir(), 'backup-'));
  target = settingsOf(clickhouse.settings, mongo.settings);
  await rig.produce(
    rig.topic,
    0,
    Array.from({ length: 30 }, (_, i) => encodeClean(event(i))),
  );
  await rig.store(0, { together: true });
  await rig.acknowledge();
}, 90_000);
afterAll(async () => {
  await Promise.all([rig?.close(), cluster?.close(), clickhouse?.close(), mongo?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

test('a backup, restored: the same rows, documents and rollups', async () => {
  const manifest = await backUp(cluster, settingsOf(rig.clickhouse.settings, rig.mongo.settings), { folder });
  expect(manifest).toMatchObject({ clickhouse: { count: 30 }, mongodb: { count: 30 } });
  const restored = await restore(target, { folder });
  expect(restored).toMatchObject({ ok: true, drifts: 0, leftOut: 0, clickhouse: manifest.clickhouse });
  const byId = { sort: { _id: 1 as const }, promoteValues: false };
  expect(await mongo.mongo.events().find({}, byId).toArray()).toEqual(
    await rig.mongo.mongo.events().find({}, byId).toArray(),
  );
  const all = 'SELECT * FROM events_local ORDER BY source_offset';
  expect(await clickhouse.rows(all)).toEqual(await rig.clickhouse.rows(all));
});

test('not into stores that hold something, unless told to; without users who were deleted since', async () => {
  await expect(restore(target, { folder })).rejects.toMatchObject({ code: 'NOT_EMPTY' });
  const deletedUsers = [{ userId: 3, deletedAtMs: Date.now() + dayMs }];
  const restored = await restore(target, { folder, fresh: true, deletedUsers });
  expect(restored).toMatchObject({ ok: true, drifts: 0, leftOut: 6 });
  expect(await clickhouse.value('SELECT toString(count()) FROM events_local')).toBe('24');
  expect(await mongo.mongo.events().countDocuments({ user_id: 3 })).toBe(0);
});

test('a damaged file is refused before anything is written', async () => {
  appendFileSync(join(folder, 'mongodb.bson.gz'), 'x');
  await expect(restore(target, { folder, fresh: true })).rejects.toMatchObject({ code: 'BACKUP' });
  expect(await clickhouse.value('SELECT toString(count()) FROM events_local')).toBe('24');
});
