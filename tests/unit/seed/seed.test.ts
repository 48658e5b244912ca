import { describe, expect, test } from '@jest/globals';
import { percentile } from '../../../infra/platform/seed/measure.ts';
import { benchmarkQuestions } from '../../../infra/platform/seed/questions.ts';
import { insertRows } from '../../../infra/platform/seed/rows.ts';
import { numberOf, shapeOf } from '../../../infra/platform/seed/shape.ts';
import { defaultCategoriesFile, loadCategories } from '../../../shared/events/categories.ts';

const now = Date.UTC(2026, 10, 22, 10, 15);

describe('shapes', () => {
  test('30 days up to now, or today alone', () => {
    expect(shapeOf('month', now)).toMatchObject({ fromMs: Date.UTC(2026, 9, 24), toMs: now });
    expect(shapeOf('day', now)).toMatchObject({ fromMs: Date.UTC(2026, 10, 22), toMs: now });
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
