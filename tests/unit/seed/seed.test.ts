import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { percentile } from '../../../infra/platform/seed/measure.ts';
import { benchmarkQuestions } from '../../../infra/platform/seed/questions.ts';
import { addRun, type QueryRun, renderRuns } from '../../../infra/platform/seed/report.ts';
import { insertRows } from '../../../infra/platform/seed/rows.ts';
import { numberOf, shapeOf } from '../../../infra/platform/seed/shape.ts';
import { defaultCategoriesFile, loadCategories } from '../../../shared/events/categories.ts';

const now = Date.UTC(2026, 10, 22, 10, 15);

describe('shapes', () => {
  test('30 days up to now, or today alone', () => {
    expect(shapeOf('month', now)).toMatchObject({ fromMs: Date.UTC(2026, 9, 24), toMs: now });
    expect(shapeOf('day', now)).toMatchObject({
      fromMs: Date.UTC(2026, 10, 22),
      toMs: Date.UTC(2026, 10, 23),
    });
    expect(() => shapeOf('week', now)).toThrow(/month.*or day/);
  });

  test('numbers may be written with commas', () => {
    process.env.SEED_TEST = '100,000,000';
    expect(numberOf('SEED_TEST', 1)).toBe(100_000_000);
    process.env.SEED_TEST = 'many';
    expect(() => numberOf('SEED_TEST', 1)).toThrow(/SEED_TEST=many/);
    delete process.env.SEED_TEST;
    expect(numberOf('SEED_TEST', 7)).toBe(7);
  });
});

test('rows: every type has its share, and so many are asked for', () => {
  const categories = loadCategories(defaultCategoriesFile);
  const text = insertRows(categories, { shape: shapeOf('month', now), first: 5, end: 12, total: 100 });
  for (const { name } of categories.types) expect(text).toContain(`'${name}'`);
  expect(text).toContain('FROM numbers(7)');
  expect(text).not.toMatch(/undefined|NaN/);
});

test.each([
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.5, 5],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.95, 10],
  [[7], 0.99, 7],
])('percentile of %j at %d', (sorted, share, value) => {
  expect(percentile(sorted, share)).toBe(value);
});

test('a question is a statement or an address', () => {
  for (const { sql, path } of benchmarkQuestions({ from: '2026-01-01' })) {
    expect((sql === undefined) !== (path === undefined)).toBe(true);
  }
});

test('the report keeps the newest run of each shape, and shows both with their commands', () => {
  const folder = mkdtempSync(join(tmpdir(), 'queries-'));
  try {
    const file = join(folder, 'docs', 'queries.json');
    const run = (shape: 'month' | 'day', rows: number): QueryRun => ({
      at: '2026-11-22T10:15:00.000Z',
      shape,
      commands: [`make seed-rows ROWS=${rows} SHAPE=${shape}`],
      rows,
      parts: 3,
      bytesOnDisk: 5e9,
      runs: 100,
      written: 12_000,
      seconds: 10,
      machine: { processors: 2, model: 'x', memoryBytes: 8e9, node: 'v24', clickhouse: '26.7' },
      results: [
        {
          name: 'a',
          runs: 100,
          coldMs: 12.34,
          p50Ms: 1.26,
          p95Ms: 20,
          p99Ms: 30,
          rowsRead: 7,
          memoryBytes: 2e6,
        },
        {
          name: 'b',
          runs: 0,
          coldMs: 0,
          p50Ms: 0,
          p95Ms: 0,
          p99Ms: 0,
          rowsRead: 0,
          memoryBytes: 0,
          failed: 'no | way',
        },
      ],
    });
    addRun(file, run('day', 1));
    addRun(file, run('month', 2));
    const all = addRun(file, run('day', 3));
    expect(all.map(({ shape, rows }) => [shape, rows])).toEqual([
      ['month', 2],
      ['day', 3],
    ]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(all);
    const page = renderRuns(all);
    expect(page).toContain('make seed-rows ROWS=3 SHAPE=day');
    expect(page).toContain('| a | 100 | 12 | 1.3 | 20 | 30 | 7 | 2 MB |');
    expect(page).toContain('| b | failed: no / way |');
    expect(page).toContain('1200 a second');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
