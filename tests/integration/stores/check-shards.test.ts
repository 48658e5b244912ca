import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { cleanEvent } from '../../support/clean-range.ts';
import { startTestServer, type TestServer } from '../embedded-clickhouse/server.ts';
import { type CheckRig, openCheckRig } from './check-rig.ts';

jest.setTimeout(180_000);

const minute = Math.floor(Date.now() / 60_000) * 60_000 - 7_200_000;
/** Per partition, and so per shard. */
const events = 12;

let servers: TestServer[];
let rig: CheckRig;

/** Several hours; users that both shards see. */
const event = (p: number, i: number) =>
  cleanEvent(`${rig.topic}/${p}/${i}`, { user_id: 100 + i, timestamp: minute + (i % 3) * 3_600_000 + p });

beforeAll(async () => {
  const env = { CLICKHOUSE_MAX_MEMORY_BYTES: String(512 << 20) };
  servers = await Promise.all([startTestServer({ env }), startTestServer({ env })]);
  rig = await openCheckRig({ clickhouseUrl: servers.map(({ url }) => url).join(',') });
  for (const partition of [0, 1]) {
    const values = Array.from({ length: events }, (_, i) => encodeClean(event(partition, i)));
    await rig.produce(rig.topic, partition, values);
    await rig.store(partition, { together: true });
  }
  await rig.acknowledge();
}, 120_000);
afterAll(async () => {
  await rig?.close();
  await Promise.all(servers?.map((server) => server.dispose()) ?? []);
});

const on = async (shard: number, statement: string) =>
  (await servers[shard]?.sql(statement, {
    database: rig.clickhouse.settings.clickhouseDatabase,
    mutations_sync: '2',
  })) ?? '';

const fine = { ok: true, lost: 0, doubled: 0, unexpected: 0, drifted: 0, differences: [], drifts: [] };

test('rows are counted in every shard', async () => {
  expect(await rig.check.run({})).toMatchObject({
    ...fine,
    totals: { kafka: 2 * events, clickhouse: 2 * events, mongodb: 2 * events, events_per_minute: 2 * events },
  });
});

test('a loss, a copy on another shard and a drift of one shard are found, and mended where they belong', async () => {
  const elsewhere = await on(1, 'SELECT * FROM events_local WHERE source_offset = 7 FORMAT JSONEachRow');
  await on(0, `INSERT INTO events_local FORMAT JSONEachRow ${elsewhere}`);
  await on(1, 'ALTER TABLE events_local DELETE WHERE source_offset IN (2, 3)');
  // One summand too many here and one too few there: the sum over both shards is right.
  const summand = `INSERT INTO events_per_minute_local
    SELECT minute, event_type, category, toUInt64(SIGN) FROM events_per_minute_local ORDER BY minute LIMIT 1`;
  await on(0, summand.replace('SIGN', '1'));
  await on(1, summand.replace('SIGN', '-1'));

  const verdict = await rig.check.run({});
  expect(verdict).toMatchObject({ ok: false, lost: 2, doubled: 1, unexpected: 0 });
  const named = verdict.differences.flatMap(({ lost, doubled }) => [...lost, ...doubled]);
  expect(named.map(({ partition, offset }) => [partition, offset])).toEqual(
    expect.arrayContaining([
      [1, 2],
      [1, 3],
      [1, 7],
    ]),
  );
  expect(new Set(verdict.drifts.map(({ shard }) => shard))).toEqual(new Set([0, 1]));

  expect(await rig.check.run({ repair: true })).toMatchObject({
    ...fine,
    repair: { inserted: { clickhouse: 2, mongodb: 0 }, removed: { clickhouse: 1, mongodb: 0 } },
  });
  expect(await rig.newCheck().run({ full: true })).toMatchObject(fine);
  const back = 'SELECT count() FROM events_local WHERE source_partition = 1 AND source_offset IN (2, 3)';
  expect([await on(0, back), await on(1, back)].map(Number)).toEqual([0, 2]);
  for (const shard of [0, 1]) {
    const raw = 'SELECT toStartOfMinute(timestamp) AS m, count() FROM events_local GROUP BY m ORDER BY m';
    const kept = `SELECT minute, sum(events) AS n FROM events_per_minute_local
      GROUP BY minute HAVING n > 0 ORDER BY minute`;
    expect(await on(shard, kept)).toBe(await on(shard, raw));
  }
});

test('a shard that is gone makes nothing look lost', async () => {
  const [, gone] = servers;
  await gone?.stop();
  await expect(rig.newCheck().run({ repair: true })).rejects.toThrow();
  await gone?.start();
  expect(await rig.newCheck().run({ repair: true })).toMatchObject({ ...fine, repair: { rounds: 0 } });
});
