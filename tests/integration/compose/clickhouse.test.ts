import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readMigrations, statementsOf } from '../../../infra/clickhouse/migrations.ts';
import { testUnless } from '../../support/skip.ts';
import type { Said } from './engine-process.ts';
import { noZookeeper, startZookeeper } from './zookeeper.ts';

const folder = mkdtempSync(join(tmpdir(), 'compose-clickhouse-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const compose = resolve('infra/compose/clickhouse');
let opened = 0;
const ownFolder = () => {
  const own = join(folder, `server-${++opened}`);
  mkdirSync(join(own, 'config.d'), { recursive: true });
  return own;
};

/** Asks the engine under a configuration file. @throws Error that is the engine's first one. */
async function ask(
  statements: readonly string[],
  { own, file, env = {} }: { own: string; file: string; env?: Record<string, string> },
): Promise<string[]> {
  const answers = join(own, 'answers.json');
  const program = join(import.meta.dirname, 'engine-process.ts');
  const child = spawn(
    process.execPath,
    [program, join(own, 'data'), file, answers, JSON.stringify(statements)],
    { stdio: 'ignore', env: { PATH: process.env.PATH, TZ: 'UTC', ...env } },
  );
  await once(child, 'exit');
  const said = JSON.parse(readFileSync(answers, 'utf8')) as Said;
  if ('error' in said) throw new Error(said.error);
  return said.answers;
}

/**
 * Asks the engine as it runs under the configuration of the containers: `server.xml` with a cluster file beside it, as
 * start.sh lays them. Changed is only what a container has and a test has not: /var/lib, the keepers' addresses, the
 * password of the library's one user, and the database that the server makes at its start and the library does not.
 */
function askServer(
  statements: readonly string[],
  {
    size,
    shard,
    replica,
    keeper = 1,
  }: { size: 'small' | 'full'; shard: number; replica: number; keeper?: number },
): Promise<string[]> {
  const own = ownFolder();
  const withoutDatabase = (text: string) => text.replaceAll(/<default_database>.*<\/default_database>/g, '');
  const users = join(own, 'users.xml');
  writeFileSync(users, withoutDatabase(readFileSync(join(compose, 'users.xml'), 'utf8')));
  const file = join(own, 'config.xml');
  writeFileSync(
    file,
    withoutDatabase(readFileSync(join(compose, 'server.xml'), 'utf8'))
      .replace('/pipeline/users.xml', users)
      .replaceAll('/var/lib/clickhouse/', `${own}/`)
      .replaceAll(
        /<host>keeper-\d<\/host><port>9181<\/port>/g,
        `<host>127.0.0.1</host><port>${keeper}</port>`,
      ),
  );
  copyFileSync(join(compose, `cluster-${size}.xml`), join(own, 'config.d/cluster.xml'));
  const env = {
    SHARD: String(shard),
    REPLICA: String(replica),
    CLICKHOUSE_CLUSTER_SECRET: 'secret',
    CLICKHOUSE_PASSWORD: '',
    CLICKHOUSE_PIPELINE_PASSWORD: 'pipeline',
    CLICKHOUSE_READONLY_PASSWORD: 'readonly',
  };
  return ask(statements, { own, file, env });
}

test('the engine reads the configuration of a single server', async () => {
  const own = ownFolder();
  const file = join(own, 'config.xml');
  copyFileSync('infra/clickhouse/config.xml', file);
  expect(
    await ask(
      [
        'SELECT timezone()',
        "SELECT shard_num, host_address, port FROM system.clusters WHERE cluster = 'analytics'",
        "SELECT name, value FROM system.merge_tree_settings WHERE name IN ('fsync_after_insert', 'fsync_part_directory') ORDER BY name",
      ],
      { own, file },
    ),
  ).toEqual(['UTC', '1\t127.0.0.1\t9000', 'fsync_after_insert\t1\nfsync_part_directory\t1']);
});

describe.each([
  ['small', 1],
  ['full', 2],
] as const)('%s', (size, replicas) => {
  test('the engine reads the configuration: shards in route order, macros, users and what is flushed', async () => {
    const [cluster, macros, flushed, users, grants] = await askServer(
      [
        `SELECT shard_num, groupArray(host_name) FROM
           (SELECT * FROM system.clusters WHERE cluster = 'analytics' ORDER BY shard_num, replica_num)
         GROUP BY shard_num ORDER BY shard_num`,
        'SELECT macro, substitution FROM system.macros ORDER BY macro DESC',
        "SELECT name, value FROM system.merge_tree_settings WHERE name IN ('fsync_after_insert', 'fsync_part_directory') ORDER BY name",
        'SELECT name FROM system.users ORDER BY name',
        'SHOW GRANTS FOR pipeline',
      ],
      { size, shard: 2, replica: 1 },
    );
    const hosts = (shard: number) =>
      Array.from({ length: replicas }, (_, i) => `'clickhouse-${shard}-${i + 1}'`).join(',');
    expect(cluster).toBe([1, 2, 3].map((shard) => `${shard}\t[${hosts(shard)}]`).join('\n'));
    expect(macros).toBe('shard\t2\nreplica\t1');
    expect(flushed).toBe('fsync_after_insert\t1\nfsync_part_directory\t1');
    expect(users?.split('\n')).toEqual(expect.arrayContaining(['default', 'pipeline', 'readonly']));
    expect(grants).toContain('ON analytics.* TO pipeline');
    expect(grants).not.toMatch(/ALL|DROP|CREATE/);
  });
});

/** Every migration as it comes to a server of the cluster. */
function replicatedSchema(): string[] {
  const target = { database: 'analytics', cluster: 'analytics', retentionDays: 1825, replicated: true };
  return readMigrations(join('infra', 'clickhouse', 'migrations')).flatMap(({ text }) =>
    statementsOf(text, target),
  );
}

test('the engine reads every migration in its replicated form', async () => {
  const statements = replicatedSchema();
  const quoted = (text: string) => `'${text.replaceAll(/[\\']/g, (c) => `\\${c}`)}'`;
  const read = await askServer(
    statements.map((each) => `SELECT formatQuery(${quoted(each)})`),
    { size: 'small', shard: 1, replica: 1 },
  );
  const tables = read.filter((_, i) => /ENGINE = \w*MergeTree/.test(statements[i] as string));
  for (const table of tables) {
    expect(table).toMatch(/ENGINE = Replicated\w*MergeTree\(/);
    expect(table.replaceAll('\\', '')).toContain(
      "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'",
    );
  }
  expect(tables.length).toBe(7);
});

// The library answers no other replica (it has no interserver port), so that its tables stay read-only: that they
// replicate shows only in containers.
testUnless(noZookeeper)(
  'the engine makes every replicated table in ZooKeeper, and a second replica joins it',
  async () => {
    const zookeeper = await startZookeeper(folder);
    try {
      const tables = replicatedSchema().filter((each) => each.includes('CREATE'));
      const made = async (replica: number, statements: readonly string[]) =>
        (
          await askServer(
            [
              'CREATE DATABASE analytics',
              ...statements,
              `SELECT table, replica_path FROM system.replicas ORDER BY table`,
            ],
            { size: 'full', shard: 3, replica, keeper: zookeeper.port },
          )
        ).at(-1);
      const paths = (replica: number) =>
        [
          'check_exceptions',
          'check_ledger',
          'check_positions',
          'check_verdicts',
          'events_local',
          'events_per_minute_local',
          'users_per_day_local',
        ]
          .map((table) => `${table}\t/clickhouse/tables/3/analytics/${table}/replicas/${replica}`)
          .join('\n');
      expect(await made(1, tables)).toBe(paths(1));
      expect(await made(2, tables)).toBe(paths(2));
      // It is the same table to ZooKeeper: one that differs is refused.
      const other = tables.map((each) => each.replace('session_id       String', 'session_id UInt8'));
      await expect(made(4, other)).rejects.toThrow(/INCOMPATIBLE_COLUMNS/);
    } finally {
      await zookeeper.stop();
    }
  },
  180_000,
);
