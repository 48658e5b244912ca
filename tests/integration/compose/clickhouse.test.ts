import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readMigrations, statementsOf } from '../../../infra/clickhouse/migrations.ts';
import { createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { engines } from '../../support/engines.ts';

test('ClickHouse reads every migration in its replicated form', async () => {
  const clickhouse = createClickHouse(readSettings({ CLICKHOUSE_URL: engines().clickhouse }), {
    database: 'default',
  });
  const [client] = clickhouse.shards[0]?.replicas ?? [];
  if (client === undefined) throw new Error('no ClickHouse');
  try {
    const target = { database: 'analytics', cluster: 'analytics', retentionDays: 1825, replicated: true };
    const statements = readMigrations(join('infra', 'clickhouse', 'migrations')).flatMap(({ text }) =>
      statementsOf(text, target),
    );
    for (const statement of statements) {
      const [read] = await rows<{ text: string }>(client, 'SELECT formatQuery({statement:String}) AS text', {
        params: { statement },
      });
      if (/ENGINE = \w*MergeTree/.test(statement)) {
        expect(read?.text).toMatch(
          /ENGINE = Replicated\w*MergeTree\('\/clickhouse\/tables\/\{shard\}\/\{database\}\/\{table\}', '\{replica\}'/,
        );
      }
    }
    expect(statements.length).toBeGreaterThan(10);
  } finally {
    await clickhouse.close();
  }
}, 60_000);
