import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { LeaseDocument } from '../../../functions/aggregation-check/repair/lease.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { cleanEvent } from '../../support/clean-range.ts';
import { type CheckRig, openCheckRig } from './check-rig.ts';
import { killRepair } from './repairer.ts';

jest.setTimeout(180_000);

const minute = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const events = 20;
let rig: CheckRig;

beforeAll(async () => {
  rig = await openCheckRig();
  const values = Array.from({ length: events }, (_, i) =>
    encodeClean(cleanEvent(`${rig.topic}/${i}`, { user_id: 1000 + i, timestamp: minute + i })),
  );
  await rig.produce(rig.topic, 0, values);
  await rig.store(0, { together: true });
  await rig.acknowledge();
}, 90_000);
afterAll(() => rig?.close());

/** Rows are lost, one of them with its summand and its user: every step of a repair has something to mend. */
async function damage() {
  for (const statement of [
    'ALTER TABLE events_local DELETE WHERE source_offset IN (2, 3, 5)',
    'ALTER TABLE events_per_minute_local DELETE WHERE 1',
    'ALTER TABLE users_per_day_local DELETE WHERE 1',
  ])
    await rig.clickhouse.command(`${statement} SETTINGS mutations_sync = 2`);
}

/** The one who was killed cannot come back: what its lease was waiting for is over. */
async function expireLease() {
  const leases = rig.mongo.mongo.db.collection<LeaseDocument>('check_leases');
  await leases.updateOne({ _id: 'repair' }, { $set: { until: new Date(0) } });
}

/** Each row, and each event in the rollups, once. */
async function expectWhole() {
  const held = await rig.clickhouse.rows(
    `SELECT toString(count()) AS rows, toString(uniqExact(source_offset)) AS places,
       toString((SELECT sum(events) FROM events_per_minute)) AS minutes,
       toString((SELECT groupBitmapMerge(users) FROM users_per_day)) AS users
     FROM events_distributed`,
  );
  const all = String(events);
  expect(held).toEqual([{ rows: all, places: all, minutes: all, users: all }]);
}

const rows = /INSERT INTO events_local/;
const summands = /INSERT INTO events_per_minute_local/;
const users = /INSERT INTO users_per_day_local/;

test.each([
  ['before the missing rows are inserted', { at: rows, when: 'sent' }],
  ['after the missing rows are inserted', { at: rows, when: 'done' }],
  ['before the minutes are rebuilt', { at: summands, when: 'sent' }],
  ['after the minutes are rebuilt', { at: summands, when: 'done' }],
  ['after the days are rebuilt', { at: users, when: 'done' }],
] as const)(
  'a repair killed %s: the next one makes all exact, and what lands late adds nothing',
  async (_name, step) => {
    await damage();
    const held = await killRepair(rig, step);
    await expireLease();
    expect(await rig.check.run({ repair: true })).toMatchObject({ ok: true, differences: [], drifts: [] });
    await expectWhole();
    expect(await held.land()).toBe(200);
    await expectWhole();
  },
);

test('what lands between two repairs is not inserted again, and the one who settles it may be killed too', async () => {
  await damage();
  const first = await killRepair(rig, { at: rows, when: 'sent' });
  await expireLease();
  const second = await killRepair(rig, { at: rows, when: 'sent' });
  await expireLease();
  expect(await first.land()).toBe(200);
  expect(await rig.check.run({ repair: true })).toMatchObject({ ok: true, differences: [], drifts: [] });
  expect(await second.land()).toBe(200);
  await expectWhole();
});
