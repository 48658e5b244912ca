import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pending, readMigrations, statementsOf } from '../../../infra/clickhouse/migrations.ts';

const target = { database: 'db', cluster: 'c', retentionDays: 30, replicated: false };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'migrations-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text = 'SELECT 1;') => writeFileSync(join(folder, name), text);

describe('readMigrations', () => {
  test('in order; other files are none', () => {
    write('0002_b.sql');
    write('0001_a.sql');
    write('README.md');
    expect(readMigrations(folder).map(({ name }) => name)).toEqual(['0001_a.sql', '0002_b.sql']);
  });

  test.each([
    ['a gap', ['0001_a.sql', '0003_c.sql']],
    ['a number used twice', ['0001_a.sql', '0001_b.sql']],
  ])('refuses %s', (_name, names) => {
    for (const name of names) write(name);
    expect(() => readMigrations(folder)).toThrow(/should come here/);
  });

  test('every file of the schema can be repeated and leaves no placeholder', () => {
    for (const { text } of readMigrations('infra/clickhouse/migrations')) {
      for (const replicated of [false, true]) {
        for (const statement of statementsOf(text, { ...target, replicated })) {
          expect(statement).toMatch(
            /^(CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS|ALTER TABLE .* IF (NOT )?EXISTS|DROP .* IF EXISTS)/,
          );
          expect(statement.replaceAll(/\{(shard|database|table|replica)\}/g, '')).not.toMatch(/[{}]/);
        }
      }
    }
  });
});

test('events_local and what its views fill remember tokens without an age, on one node and replicated', () => {
  const statements = readMigrations('infra/clickhouse/migrations').flatMap(({ text }) =>
    statementsOf(text, { ...target, replicated: true }),
  );
  const filled = statements.flatMap((statement) => /\sTO (\S+)/.exec(statement)?.[1] ?? []);
  expect(filled.length).toBeGreaterThan(1);
  for (const table of ['db.events_local', ...filled]) {
    const created = statements.find((statement) =>
      statement.startsWith(`CREATE TABLE IF NOT EXISTS ${table}\n`),
    );
    expect(created).toMatch(/replicated_deduplication_window = 500000/);
    expect(created).toMatch(/replicated_deduplication_window_seconds = 315360000/);
    expect(created).toMatch(/non_replicated_deduplication_window = 500000/);
  }
});

describe('statementsOf', () => {
  test('fills in values and leaves comments out', () => {
    expect(
      statementsOf(
        '-- one; two\nCREATE {database}.a ENGINE = {engine:MergeTree};\n\nDROP {cluster} {retention_days};\n',
        target,
      ),
    ).toEqual(['CREATE db.a ENGINE = MergeTree', 'DROP c 30']);
  });

  test('replicated where the server is one of several', () => {
    const text = 'A {engine:MergeTree};\nB {engine:ReplacingMergeTree:version};';
    expect(statementsOf(text, target)).toEqual(['A MergeTree', 'B ReplacingMergeTree(version)']);
    const path = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
    expect(statementsOf(text, { ...target, replicated: true })).toEqual([
      `A ReplicatedMergeTree(${path})`,
      `B ReplicatedReplacingMergeTree(${path}, version)`,
    ]);
  });

  test('refuses a placeholder it does not know', () => {
    expect(() => statementsOf('A {nonsense};', target)).toThrow(/nonsense/);
  });
});

describe('pending', () => {
  test('what was not applied; a changed file is an error that names it', () => {
    write('0001_a.sql');
    write('0002_b.sql');
    const all = readMigrations(folder);
    const applied = new Map([[1, { checksum: all[0]?.checksum ?? '' }]]);
    expect(pending(all, applied).map(({ version }) => version)).toEqual([2]);
    write('0001_a.sql', 'SELECT 2;');
    expect(() => pending(readMigrations(folder), applied)).toThrow(/0001_a\.sql/);
  });
});
