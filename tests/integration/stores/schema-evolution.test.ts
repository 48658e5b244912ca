import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createWrite } from '../../../functions/clickhouse-write/write.ts';
import { createQuery } from '../../../functions/query/query.ts';
import { createTransform } from '../../../functions/transform/transform.ts';
import { migrateClickhouse } from '../../../infra/clickhouse/migrate.ts';
import { readMigrations } from '../../../infra/clickhouse/migrations.ts';
import { encodeClean } from '../../../shared/events/clean-record.ts';
import { createClientReader } from '../../../shared/events/user-agent.ts';
import { cleanEvent, cleanRange } from '../../support/clean-range.ts';
import { receivedAtMs, rules, sample } from '../../unit/events/sample.ts';
import { type ClickHouseFixture, openClickHouse, quietMetrics } from './open-stores.ts';

let store: ClickHouseFixture;
let write: ReturnType<typeof createWrite>;
beforeAll(async () => {
  store = await openClickHouse();
  write = createWrite({ clickhouse: store.clickhouse, metrics: quietMetrics, now: Date.now });
}, 120_000);
afterAll(() => store?.close());

async function ask(path: string, parameters: Record<string, string>) {
  const query = createQuery({
    clickhouse: store.clickhouse,
    events: () => {
      throw new Error('no question for MongoDB');
    },
    now: () => receivedAtMs,
  });
  const answer = await query({
    rawPath: path,
    rawQueryString: new URLSearchParams(parameters).toString(),
    requestContext: { http: { method: 'GET' } },
    headers: {},
  } as never);
  return (JSON.parse(answer.body as string) as { rows: Record<string, unknown>[] }).rows;
}

test('a new event type and a new property go through what is deployed, into rollups and answers', async () => {
  const transform = createTransform({ ...rules, readClient: createClientReader() });
  const raw = [1, 2, 3].map((n) => ({
    ...sample,
    event_id: cleanEvent(`new-${n}`).event_id,
    event_type: 'level_up',
    properties: { guild: n < 3 ? 'red' : 'blue', badges: ['a', 'b'] },
  }));
  const records = raw.map((event, offset) => ({
    topic: 'events_raw',
    partition: 0,
    offset,
    timestamp: receivedAtMs,
    timestampType: 'CREATE_TIME' as const,
    value: Buffer.from(JSON.stringify(event)).toString('base64'),
    headers: [],
  }));
  const { result: clean } = transform(
    { eventSource: 'SelfManagedKafka', bootstrapServers: '', records: { 'events_raw-0': records } },
    undefined,
  );
  expect(clean.batchItemFailures).toEqual([]);
  const values = clean.records.records().map(({ value }) => value ?? null);
  const { event, batch } = cleanRange(values, { partition: 0, first: 0 });
  expect(await write(event, batch)).toEqual({});

  const all = { from: new Date(receivedAtMs - 30 * 86_400_000).toISOString(), granularity: 'all' };
  expect(await ask('/event-counts', { ...all, by: 'event_type,category' })).toEqual([
    { event_type: 'level_up', category: 'other', event_count: 3 },
  ]);
  expect(await ask('/event-counts', { ...all, 'property.guild': 'red' })).toEqual([
    { event_type: 'level_up', event_count: 2 },
  ]);
  expect(
    await store.value("SELECT toUInt32(sum(events)) FROM events_per_minute WHERE event_type = 'level_up'"),
  ).toBe(3);
});

/** What is told in infra/clickhouse/README.md, as it stands there. */
const example = /```sql\n([\s\S]*?)```/.exec(
  readFileSync(join('infra', 'clickhouse', 'README.md'), 'utf8'),
)?.[1];

test('a new typed column, while an old and a new release write: nothing is lost, nothing doubled', async () => {
  const plans = ['free', 'pro', 'pro', 'team'];
  const eventOf = (first: number, i: number) =>
    cleanEvent(`plan-${first}-${i}`, { event_type: 'sign_up', properties: { plan: plans[i] as string } });
  const older = (first: number) => plans.map((_, i) => Buffer.from(encodeClean(eventOf(first, i))));
  // A later release writes a field of its own, before the properties.
  const newer = (first: number) =>
    plans.map((plan, i) =>
      Buffer.from(
        encodeClean(eventOf(first, i)).replace(',"properties":', `,"plan":"${plan}","properties":`),
      ),
    );
  const send = async (values: Buffer[], first: number) => {
    const { event, batch } = cleanRange(values, { partition: 1, first });
    expect(await write(event, batch)).toEqual({});
  };

  await send(older(0), 0);
  // Deployed before its column is there.
  await send(newer(100), 100);
  const text = example ?? '';
  const migrations = readMigrations(join('infra', 'clickhouse', 'migrations'));
  const version = migrations.length + 1;
  const name = `${String(version).padStart(4, '0')}_plan.sql`;
  const extended = { migrations: [...migrations, { version, name, text, checksum: 'plan' }] };
  expect(await migrateClickhouse(store.settings, extended)).toEqual({ applied: [name] });
  expect(await migrateClickhouse(store.settings, extended)).toEqual({ applied: [] });
  await Promise.all([send(older(200), 200), send(newer(300), 300)]);
  // Answers that were lost: the same ranges, by the other release too, across the change of the table.
  await Promise.all([send(older(0), 0), send(newer(100), 100), send(older(300), 300), send(newer(200), 200)]);

  expect(
    await store.rows(
      `SELECT plan, toUInt32(count()) AS n, toUInt32(uniqExact(source_offset)) AS places
       FROM events_distributed WHERE event_type = 'sign_up' GROUP BY plan ORDER BY plan`,
    ),
  ).toEqual([
    { plan: 'free', n: 4, places: 4 },
    { plan: 'pro', n: 8, places: 8 },
    { plan: 'team', n: 4, places: 4 },
  ]);
  expect(
    await store.value("SELECT toUInt32(sum(events)) FROM events_per_minute WHERE event_type = 'sign_up'"),
  ).toBe(16);
});
