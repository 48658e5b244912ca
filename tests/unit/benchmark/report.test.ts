import { describe, expect, test } from '@jest/globals';
import { planOf, type Results } from '../../../infra/platform/benchmark/full.ts';
import { catchUpRatio, fullReport, limitOf } from '../../../infra/platform/benchmark/full-report.ts';
import { plotsOf } from '../../../infra/platform/benchmark/plots.ts';
import { type Summary, summaryOf } from '../../../infra/platform/benchmark/summary.ts';
import { medianOf, peersReport } from '../../../infra/platform/peers/report.ts';
import type { Outcome } from '../../../infra/platform/peers/run.ts';

const machine = { processors: 2, model: 'Some CPU', memoryBytes: 8e9, node: 'v24.0.0' };
const at = new Date('2026-01-02T03:04:05Z');
const quantiles = { p50: 0.15, p95: 0.3, p99: 0.4, max: 0.5 };

const summary = (rate: number): Summary => ({
  rate,
  produced: rate,
  stored: rate,
  events: rate * 60,
  latency: { mongodb: quantiles, clickhouse: { ...quantiles, max: null } },
  batchSizes: { 'clickhouse-write': { p50: 500, p95: 900, p99: 1000, max: 2500 } },
  microseconds: { 'kafka-1': 20, connector: 40, transform: 60, 'clickhouse-write': 30 },
  memory: { 'kafka-1': 5e8, connector: 1e8, transform: 9e7 },
});

const results: Results = {
  footprint: {
    startSeconds: 12.34,
    installed: { packages: 250e6, engines: 140e6 },
    idleSeconds: 60,
    idleCpu: { gateway: 12.5, 'kafka-1': 30 },
    idleMemory: { gateway: 90e6, 'kafka-1': 400e6 },
  },
  plan: planOf({ step: 60, hold: 600, runs: 2 }),
  asFastAsTheyCome: summary(0),
  tried: [
    { rate: 12_000, sustained: true },
    { rate: 12_500, sustained: false },
  ],
  held: [{ rate: 12_000, sustained: true, seconds: 600, greatestLagSeconds: 1.25 }],
  top: summary(12_000),
  steady: [summary(10_000), summary(3000), summary(6000), summary(9000)],
  warmingUp: summary(10_000),
  liveRate: 3000,
  halted: [
    { greatestLagSeconds: 60, caughtUpSeconds: 20 },
    { greatestLagSeconds: 61, caughtUpSeconds: undefined },
  ],
  bursts: [{ greatestLagSeconds: 4, caughtUpSeconds: 3, burstRate: 21_000 }],
  killed: [{ greatestLagSeconds: 9, caughtUpSeconds: 12 }],
  rows: 1_000_000,
  questions: [
    { name: 'one', runs: 60, coldMs: 9, p50Ms: 5, p95Ms: 6, p99Ms: 7, rowsRead: 10, memoryBytes: undefined },
  ],
  lookUps: [{ name: 'of a user', runs: 60, p50Ms: 3.21, p95Ms: 7, p99Ms: 9.96, events: 100 }],
};

/** Every row of a table has as many cells as its head. */
function expectWholeTables(page: string): void {
  let cells: number | undefined;
  for (const line of page.split('\n')) {
    if (!line.startsWith('|')) cells = undefined;
    else {
      cells ??= line.split('|').length;
      expect({ line, cells: line.split('|').length }).toEqual({ line, cells });
    }
  }
}

describe('the full report', () => {
  const page = fullReport(results, { machine, at });

  test('is whole', () => {
    expect(page).not.toMatch(/undefined|NaN|Infinity/);
    expectWholeTables(page);
  });

  test.each([
    '**12,000 events/s**, held for 600 s',
    '| 12,000 | 600 s | 1.3 s | yes |',
    'after 180 s to warm up (p50 and p99 in these: mongodb 150 ms and 400 ms, clickhouse 150 ms and 400 ms)',
    '| of a user | 60 | 3.2 | 7.0 | 10.0 | 100 |',
    '| 10,000 | mongodb | 150 ms | 300 ms | 400 ms | ≤ 500 ms |',
    '| 10,000 | clickhouse | 150 ms | 300 ms | 400 ms | above all buckets |',
    '| connector stopped for 60 s | 2 | 61.0 s | not in time |',
    'The connector after its start: 4.0 ×, not caught up in time with the live rate',
    '| transform | 60 | 60 | 60 | 60 | 60 |',
    'Faults were played 2 times',
    '**12.3 s** until every part',
    '| kafka-1 | 30.0 | 400 MB |',
    '| **all** | 42.5 | 490 MB |',
  ])('says %s', (text) => expect(page).toContain(text));

  test('says when the fixed rate is out of reach', () => {
    expect(page).not.toContain('above what this machine sustains');
    const slow = fullReport({ ...results, top: summary(5000) }, { machine, at });
    expect(slow).toContain('10,000 events/s are above what this machine sustains');
  });
});

test('what limits: all of it against the processors, and who uses most', () => {
  const text = limitOf(summary(12_000), 2);
  expect(text).toContain('150 µs an event: 1.80 of 2 processors (90 %)');
  expect(text).toContain('transform (40 %) and connector (27 %)');
  expect(text).toContain('2 processors end at 13,333 events/s');
});

test('a backlog of 60 s that is gone after 20 s was delivered four times as fast as events came', () => {
  expect(catchUpRatio({ greatestLagSeconds: 0, caughtUpSeconds: 20 }, 60)).toBe(4);
  expect(catchUpRatio({ greatestLagSeconds: 0 }, 60)).toBeUndefined();
});

test('a summary: rates, quantiles with the bucket of the latest event, costs, most memory', () => {
  const measured = {
    events: 1000,
    producedSeconds: 10,
    storedSeconds: 12.5,
    latency: new Map([['mongodb', new Map([[0.1, 90], [0.5, 10], [1, 0]])]]), // biome-ignore format: a table
    batchSizes: new Map([['transform', new Map([[10, 1], [Number.POSITIVE_INFINITY, 1]])]]), // biome-ignore format: a table
    cpuSeconds: new Map([['connector', 0.04]]),
    samples: [
      { at: 0, rate: 100, lagSeconds: 0, memory: { connector: 5 } },
      { at: 1, rate: 100, lagSeconds: undefined, memory: { connector: 9 } },
      { at: 2, rate: 100, lagSeconds: 0, memory: { connector: 7 } },
    ],
    peakResidentBytes: 0,
  };
  const made = summaryOf(measured, 100);
  expect(made).toMatchObject({ rate: 100, produced: 100, stored: 80, microseconds: { connector: 40 } });
  expect(made.latency.mongodb?.max).toBe(0.5);
  expect(made.batchSizes.transform?.max).toBeNull();
  expect(made.memory).toEqual({ connector: 9 });

  const [svg] = Object.values(plotsOf({ hold: measured.samples, halt: [], burst: [], kill: [] })) as [string];
  const points = [...svg.matchAll(/points="([^"]*)"/g)].map(([, each]) => each?.split(' ').length);
  expect(points).toEqual([3, 2, 3]);
  expect(svg).toContain('connector</tspan>');
});

describe('peers', () => {
  const outcome = (name: string, seconds: number): Outcome => ({
    name,
    events: 300_000,
    seconds,
    own: 90,
    engines: 30,
    processes: name === 'pipeline' ? { connector: 30, transform: 60 } : { consumer: 90 },
    missing: { mongodb: 0, clickhouse: name === 'pipeline' ? 0 : -2 },
  });
  const runs = [20, 40, 30].map((seconds) => [outcome('node', seconds * 2), outcome('pipeline', seconds)]);
  const baselines = [
    { name: 'node', command: ['node'] },
    { name: 'python', skipped: 'no python3' },
  ];
  const page = peersReport(runs, { baselines, events: 300_000, machine, at });

  test('medians, the ratio, and who was skipped', () => {
    expect(page).toContain('| pipeline | 10,000 | 1.00 | 90 | 30 | 0 |');
    expect(page).toContain('| node | 5,000 | 0.50 | 90 | 30 | -2 |');
    expect(page).toContain('| python | skipped: no python3 | | | | |');
    expect(page).toContain('connector 30, transform 60');
    expect(page).not.toMatch(/undefined|NaN/);
    expectWholeTables(page);
  });

  test.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[1, 2, 4, 9], 3],
  ])('the median of %j is %d', (values, expected) => {
    expect(medianOf(values, (value) => value)).toBe(expected);
  });
});
