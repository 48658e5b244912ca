import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { renderPage } from '../../../integrity/cluster/report.ts';
import { isExact, keepRun, type Run, runOf } from '../../../integrity/cluster/run.ts';
import type { Result } from '../../../integrity/cluster/stand.ts';

const machine = { processors: 2, model: 'A', memoryBytes: 8e9, node: 'v24' };
const given = {
  part: 'brokers' as const,
  at: '2026-01-02T03:04:05Z',
  machine,
  seed: 7,
  rate: 900,
  answers: [],
};

function result(changes: Partial<Result> = {}, proof: Partial<Result['proof']> = {}): Result {
  const comparison = { expected: 99, found: 99, lost: 0, doubled: 0, examples: [] };
  return {
    seconds: 30,
    loadSeconds: 10,
    generated: 90,
    accepted: 10,
    unanswered: 0,
    reasons: ['503 no replica'],
    missing: 0,
    episodes: [
      {
        what: 'kill -9 of broker 1',
        seconds: 9,
        ingest: { pauseMs: 120, accepted: 5, refused: 1, failed: 2 },
        pauseMs: { mongodb: 340, clickhouse: 560 },
      },
    ],
    proof: {
      raw: 100,
      rawSince: 100,
      clean: 99,
      rejected: 1,
      duplicates: 0,
      transform: comparison,
      mongodb: comparison,
      clickhouse: comparison,
      rollups: [],
      lost: 0,
      doubled: 0,
      ...proof,
    },
    ...changes,
  };
}

test('all there once is exact', () => {
  const run = runOf(result(), given);
  expect([run.lost, run.doubled, isExact(run)]).toEqual([0, 0, true]);
});

test.each([
  ['a loss that the proof found', result({}, { lost: 2 }), 2, 0],
  ['an accepted event that is not stored', result({ missing: 1 }), 1, 0],
  ['an event that never reached the log', result({ generated: 93 }), 3, 0],
  ['a record too many in the log', result({}, { raw: 102 }), 0, 2],
  ['a double that the proof found', result({}, { doubled: 4 }), 0, 4],
  ['one that nobody was told of, and is there', result({ unanswered: 2 }, { raw: 101 }), 0, 0],
])('%s is counted', (_, each, lost, doubled) => {
  const run = runOf(each, given);
  expect([run.lost, run.doubled]).toEqual([lost, doubled]);
  expect(isExact(run)).toBe(lost + doubled === 0);
});

test('an answer that differs is not exact, and the page says so', () => {
  const run = runOf(result(), { ...given, answers: [{ path: '/top-events', rows: 3, exact: false }] });
  expect(isExact(run)).toBe(false);
  expect(renderPage([run])).toContain('| `/top-events` | 3 | **differs** |');
});

test('the page tells each pause under its store', () => {
  const page = renderPage([runOf(result(), given)]);
  expect(page).toContain(
    '| fault | took | ingest pauses | refused | failed | mongodb pauses | clickhouse pauses |',
  );
  expect(page).toContain('| kill -9 of broker 1 | 9 s | 120 ms | 1 | 2 | 340 ms | 560 ms |');
  expect(page).toContain('Failed requests said: 503 no replica');
});

test('a part takes the place of its last run, and the others stay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runs-'));
  try {
    const file = join(folder, 'reports', 'chaos-cluster.json');
    const run = (part: Run['part'], seed: number) => ({ ...runOf(result(), given), part, seed });
    for (const each of [run('partitions', 1), run('brokers', 2), run('brokers', 3)]) keepRun(file, each);
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Run[];
    expect(kept.map(({ part, seed }) => [part, seed])).toEqual([
      ['brokers', 3],
      ['partitions', 1],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a part that was skipped says why, and does not take the place of one that was run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runs-'));
  try {
    const file = join(folder, 'chaos-cluster.json');
    const skipped = { part: 'mongo' as const, at: given.at, skipped: 'no mongod on this machine' };
    expect(renderPage(keepRun(file, skipped))).toContain('2026-01-02, skipped: no mongod on this machine');
    const run = { ...runOf(result(), given), part: 'mongo' as const };
    expect(keepRun(file, run)).toEqual([run]);
    expect(keepRun(file, skipped)).toEqual([run]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
