import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Verdict } from '../../../functions/aggregation-check/verdict.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { cleanEvent } from '../../support/clean-range.ts';
import { type CheckRig, openCheckRig } from './check-rig.ts';

jest.setTimeout(180_000);

const minute = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const minuteText = new Date(minute).toISOString().replace('T', ' ').slice(0, 19);

let rig: CheckRig;

/** Event `i`, by a user of its own; four minutes in turn. */
const event = (i: number) =>
  cleanEvent(`${rig.topic}/${i}`, {
    user_id: 1000 + i,
    timestamp: minute + (i % 4) * 60_000 + i,
    category: 'commerce',
    user_agent: '',
    device: '',
    browser: '',
  });
const events = 40;

beforeAll(async () => {
  rig = await openCheckRig();
  await rig.produce(
    rig.topic,
    0,
    Array.from({ length: events }, (_, i) => encodeClean(event(i))),
  );
  await rig.store(0, { together: true });
  await rig.acknowledge();
  expect(await repair()).toMatchObject({ ok: true, repair: { rounds: 0 } });
}, 90_000);
afterAll(() => rig?.close());

const command = (query: string) => rig.clickhouse.command(query);
const mutate = (query: string) => command(`${query} SETTINGS mutations_sync = 2`);

/** Every place, once, in each store; and rollups that say so, by a check that has seen nothing before. */
async function expectWhole() {
  const fine = { ok: true, lost: 0, doubled: 0, unexpected: 0, drifted: 0, differences: [], drifts: [] };
  expect(await rig.newCheck().run({ full: true })).toMatchObject(fine);
  const held = await rig.clickhouse.rows<{ rows: string; places: string; minutes: string; users: string }>(
    `SELECT toString(count()) AS rows, toString(uniqExact(source_partition, source_offset)) AS places,
       toString((SELECT sum(events) FROM events_per_minute)) AS minutes,
       toString((SELECT groupBitmapMerge(users) FROM users_per_day)) AS users
     FROM events_distributed`,
  );
  const count = String(await rig.mongo.mongo.events().countDocuments());
  expect(held).toEqual([{ rows: count, places: count, minutes: count, users: count }]);
}

const repair = (): Promise<Verdict> => rig.check.run({ repair: true });

test('losses, doubles and drifts of every kind, mended at once', async () => {
  // Rows alone; a whole minute with its rollup; copies that the rollups have seen.
  await mutate('ALTER TABLE events_local DELETE WHERE source_offset IN (2, 3, 5)');
  await mutate(`ALTER TABLE events_per_minute_local DELETE WHERE minute = '${minuteText}'`);
  await command('INSERT INTO events_local SELECT * FROM events_local WHERE source_offset IN (7, 8)');
  // Rollups that say too much, or know a stranger.
  await command(
    `INSERT INTO events_per_minute_local VALUES ('${minuteText}', 'purchase', 'commerce', 25), ('${minuteText}', 'planted', 'other', 2)`,
  );
  await command(
    `INSERT INTO users_per_day_local SELECT toDate('${minuteText}'), groupBitmapState(toUInt64(number)) FROM numbers(3)`,
  );
  const documents = rig.mongo.mongo.events<{ _id: string }>();
  await documents.deleteMany({ _id: { $in: [event(1).event_id, event(2).event_id] } });
  const copied = await documents.findOne({ _id: event(9).event_id });
  await documents.insertOne({ ...copied, _id: cleanEvent('copy').event_id });

  expect(await repair()).toMatchObject({
    ok: true,
    repair: {
      before: { lost: 5, doubled: 3 },
      inserted: { clickhouse: 3, mongodb: 2 },
      removed: { clickhouse: 2, mongodb: 1 },
      irrecoverable: 0,
    },
  });
  await expectWhole();
});

test('while events come in, and with two repairs at once, nothing is doubled', async () => {
  // Some of them for the second time: no token of an earlier insert may drop them.
  await mutate('ALTER TABLE events_local DELETE WHERE source_offset < 10');
  await command('INSERT INTO events_local SELECT * FROM events_local WHERE source_offset IN (20, 21)');
  await command(`INSERT INTO events_per_minute_local VALUES ('${minuteText}', 'purchase', 'commerce', 7)`);
  let under = 2;
  const one = repair().finally(() => under--);
  const other = rig
    .newCheck()
    .run({ repair: true })
    .finally(() => under--);
  for (let i = events; under > 0; i++) {
    const from = await rig.end(1);
    await rig.produce(rig.topic, 1, [encodeClean(event(i))]);
    await rig.store(1, { from });
    await rig.acknowledge();
  }
  const outcomes = await Promise.allSettled([one, other]);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  for (const each of refused) expect(each).toMatchObject({ reason: { statusCode: 409 } });
  expect(refused.length).toBeLessThan(2);
  // What changed at the last moment is mended now.
  expect(await repair()).toMatchObject({ ok: true });
  await expectWhole();
});

test('Kafka no longer has the records: each store is mended from the other', async () => {
  await mutate('ALTER TABLE events_local DELETE WHERE source_offset = 13');
  await rig.mongo.mongo.events<{ _id: string }>().deleteOne({ _id: event(14).event_id });
  const check = rig.newCheck({ forgotten: true });
  const verdict = await check.run({});
  expect(verdict).toMatchObject({ ok: false, lost: 2 });
  expect(
    verdict.differences.flatMap(({ store, lost }) => lost.map((each) => [store, each.event_id])),
  ).toEqual([
    ['clickhouse', event(13).event_id],
    ['mongodb', event(14).event_id],
  ]);
  expect(await check.run({ repair: true })).toMatchObject({
    ok: true,
    repair: { inserted: { clickhouse: 1, mongodb: 1 }, irrecoverable: 0 },
  });
  const [row] = await rig.clickhouse.rows<Record<string, unknown>>(
    'SELECT event_id, amount, currency, properties FROM events_local WHERE source_offset = 13 AND source_partition = 0',
  );
  expect(row).toMatchObject({ event_id: event(13).event_id, amount: 19.9, currency: 'EUR' });
});

test('lost everywhere: said, and not mended', async () => {
  await mutate('ALTER TABLE events_local DELETE WHERE source_partition = 0 AND source_offset = 15');
  await rig.mongo.mongo.events<{ _id: string }>().deleteOne({ _id: event(15).event_id });
  expect(await rig.newCheck({ forgotten: true }).run({ repair: true })).toMatchObject({ ok: false, lost: 2 });
});
