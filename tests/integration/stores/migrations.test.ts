import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrateClickhouse } from '../../../infra/clickhouse/migrate.ts';
import { migrateMongo } from '../../../infra/mongo/migrate.ts';
import { type ClickHouseFixture, type MongoFixture, openClickHouse, openMongo } from './open-stores.ts';

describe('ClickHouse', () => {
  let store: ClickHouseFixture;
  beforeAll(async () => {
    store = await openClickHouse();
  }, 120_000);
  afterAll(() => store?.close());

  test('a second run, and two at once, change nothing', async () => {
    const both = [migrateClickhouse(store.settings), migrateClickhouse(store.settings)];
    expect(await Promise.all(both)).toEqual([{ applied: [] }, { applied: [] }]);
    const recorded = await store.rows<{ name: string; times: string }>(
      'SELECT name, count() AS times FROM schema_migrations GROUP BY name',
    );
    expect(recorded.length).toBeGreaterThan(3);
    expect(recorded.map(({ times }) => Number(times))).toEqual(recorded.map(() => 1));
  });

  test('what broke off is finished by the next run', async () => {
    await store.command('DROP TABLE users_per_day SYNC');
    await store.command(
      "ALTER TABLE schema_migrations DELETE WHERE name LIKE '0004%' SETTINGS mutations_sync = 2",
    );
    expect(await migrateClickhouse(store.settings)).toEqual({ applied: ['0004_users_per_day.sql'] });
    expect(Number(await store.value('SELECT count() FROM users_per_day'))).toBe(0);
  });

  test('the age of rows follows its setting', async () => {
    await migrateClickhouse({ ...store.settings, retentionDays: 30 });
    const ages = await store.rows<{ engine_full: string }>(
      "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name IN ('events_local', 'events_per_minute_local', 'users_per_day_local')",
    );
    expect(ages).toHaveLength(3);
    for (const { engine_full } of ages) expect(engine_full).toContain('toIntervalDay(30)');
  });

  test('a file that was changed after being applied is refused by name', async () => {
    const migrations = [{ version: 1, name: '0001_events_local.sql', checksum: 'other', text: '' }];
    await expect(migrateClickhouse(store.settings, { migrations })).rejects.toThrow(/0001_events_local\.sql/);
  });
});

describe('MongoDB', () => {
  let store: MongoFixture;
  beforeAll(async () => {
    store = await openMongo();
  }, 120_000);
  afterAll(() => store?.close());

  test('a second run, and two at once, change nothing', async () => {
    const both = [migrateMongo(store.settings), migrateMongo(store.settings)];
    expect(await Promise.all(both)).toEqual([{ applied: [] }, { applied: [] }]);
  });

  test('expiry follows its setting', async () => {
    await migrateMongo({ ...store.settings, retentionDays: 30 });
    const indexes = await store.mongo.events().indexes();
    expect(indexes.find(({ name }) => name === 'retention')?.expireAfterSeconds).toBe(2_592_000);
  });
});
