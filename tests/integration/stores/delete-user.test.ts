import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { deadLetterHeaders } from '../../../infra/connector/delivery/dead-letter.ts';
import { deleteUser } from '../../../infra/platform/user-deletion/delete-user.ts';
import { makeTopics } from '../../../shared/clients/kafka/index.ts';
import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { cleanEvent } from '../../support/clean-range.ts';
import { engines } from '../../support/engines.ts';
import { unique } from '../../support/names.ts';
import { type CheckRig, openCheckRig } from './check-rig.ts';

jest.setTimeout(120_000);

const minute = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const rawTopic = unique('raw');
const kafka = () => new Kafka({ brokers: engines().kafka.split(','), logLevel: logLevel.NOTHING });

let rig: CheckRig;
let cluster: Cluster;

/** Every third event is of user 7, among them the only ones of a day. */
const event = (i: number) =>
  cleanEvent(`${rig.topic}/${i}`, {
    user_id: i % 3 === 0 ? 7 : 100 + i,
    timestamp: i === 9 ? minute - 40 * 86_400_000 : minute + i,
  });

beforeAll(async () => {
  rig = await openCheckRig();
  cluster = createCluster({ bootstrapServers: engines().kafka, clientId: rig.topic });
  const admin = kafka().admin();
  await admin.connect();
  await makeTopics(admin, [{ topic: rawTopic, numPartitions: 1 }]);
  await admin.disconnect();
  await rig.produce(
    rig.topic,
    0,
    Array.from({ length: 12 }, (_, i) => encodeClean(event(i))),
  );
  await rig.store(0, { together: true });
  await rig.acknowledge();
}, 90_000);
afterAll(() => Promise.all([rig?.close(), cluster?.close()]));

/** A dead letter of a function that reads no topic of this suite. */
async function bury(key: string, userId: number) {
  const producer = kafka().producer();
  await producer.connect();
  const headers = {
    [deadLetterHeaders.function]: 'other',
    [deadLetterHeaders.topicId]: 'none',
    [deadLetterHeaders.topic]: rawTopic,
  };
  const value = JSON.stringify({ event_type: 'x', user_id: userId });
  await producer.send({
    topic: rig.deadLetterTopic,
    acks: -1,
    messages: [{ key, value, headers, partition: 0 }],
  });
  await producer.disconnect();
}

test('all of one user goes, nothing else, and the check knows', async () => {
  await bury('other/none/0/1', 7);
  await bury('other/none/0/2', 8);
  const settings = {
    ...readSettings({ KAFKA_BOOTSTRAP_SERVERS: engines().kafka, EVENTS_RAW_TOPIC: rawTopic }),
    cleanTopic: rig.topic,
    dlqTopic: rig.deadLetterTopic,
    clickhouseUrl: rig.clickhouse.settings.clickhouseUrl,
    clickhouseDatabase: rig.clickhouse.settings.clickhouseDatabase,
    mongodbUri: rig.mongo.settings.mongodbUri,
    mongodbDatabase: rig.mongo.settings.mongodbDatabase,
  };
  const deletion = await deleteUser(cluster, settings, { userId: 7, timeoutMs: 60_000 });
  expect(deletion).toMatchObject({
    events: 4,
    deleted: { mongodb: 4, clickhouse: 4, deadLetters: 1 },
    left: { mongodb: 0, clickhouse: 0, days: 0, deadLetters: 0 },
  });
  expect(deletion.kafkaUntil[rig.topic]).toMatch(/^20\d\d-/);
  expect(await rig.clickhouse.value('SELECT toString(sum(events)) FROM events_per_minute')).toBe('8');
  expect(await rig.clickhouse.value('SELECT toString(groupBitmapMerge(users)) FROM users_per_day')).toBe('8');
  expect(await rig.check.run({ full: true })).toMatchObject({
    ok: true,
    excused: { 'mongo-write': { deleted: 4 }, 'clickhouse-write': { deleted: 4 } },
    drifts: [],
  });

  // A group that begins anew writes them once more: named, and taken out again.
  await rig.clickhouse.command(
    `INSERT INTO events_local (event_id, event_type, category, timestamp, user_id, source_partition, source_offset)
     VALUES ('${event(3).event_id}', 'purchase', 'commerce', '${new Date(event(3).timestamp).toISOString().replace('T', ' ').slice(0, 23)}', 7, 0, 3)`,
  );
  await rig.store(0, { from: 3, without: [4, 5, 6, 7, 8, 9, 10, 11, 12], into: ['mongo'] });
  expect(await rig.check.run({})).toMatchObject({ ok: false, lost: 0, unexpected: 2 });
  expect(await rig.check.run({ repair: true })).toMatchObject({
    ok: true,
    repair: { removed: { clickhouse: 1, mongodb: 1 }, inserted: { clickhouse: 0, mongodb: 0 } },
  });
  expect(await rig.clickhouse.value('SELECT toString(groupBitmapMerge(users)) FROM users_per_day')).toBe('8');
});
