import { describe, expect, test } from '@jest/globals';
import { thisMachine } from '../../../infra/platform/benchmark/machine.ts';
import { soakPlot, soakReport } from '../../../infra/platform/soak/report.ts';
import { slopeOf } from '../../../infra/platform/soak/slope.ts';
import { isExact, type Results } from '../../../infra/platform/soak/soak.ts';
import type { Sample } from '../../../infra/platform/soak/watch.ts';

describe('slope', () => {
  test.each([
    ['no point', [], 0],
    ['one point', [[3, 4]], 0],
    [
      'flat',
      [
        [0, 5],
        [1, 5],
        [2, 5],
      ],
      0,
    ],
    [
      'a line',
      [
        [1, 10],
        [2, 7],
        [4, 1],
      ],
      -3,
    ],
    [
      'scatter around a line',
      [
        [0, 1],
        [1, 1],
        [2, 5],
        [3, 5],
      ],
      1.6,
    ],
  ] as [string, [number, number][], number][])('of %s', (_, points, slope) => {
    expect(slopeOf(points)).toBeCloseTo(slope);
  });
});

const hour = 3600;

/** Memory grows by 200 MB in the first third, then by 3 MB an hour. */
const steadySamples: Sample[] = Array.from({ length: 361 }, (_, i) => {
  const at = i * 10;
  const grown = at < hour / 3 ? (200e6 * at) / (hour / 3) : 200e6 + 3e6 * (at / hour - 1 / 3);
  return {
    at,
    memory: { gateway: 100e6 + grown, mongodb: 50e6 },
    files: { gateway: i === 100 ? 90 : 40, mongodb: 10 },
    lagSeconds: i === 7 ? 2.5 : 0.4,
    disk: { clickhouse: 1e6 + at * 1000 },
  };
});

const results: Results = {
  plan: { rate: 1000, visits: 5, steady: hour, kills: 900 },
  steady: {
    samples: steadySamples,
    answers: { sent: 18_000, accepted: 18_000, refused: 0, failed: 0, reasons: [], ids: [], acceptedAt: [] },
    checks: { ok: 60 },
  },
  steadyEvents: 3_600_000,
  kills: {
    samples: steadySamples.slice(0, 90),
    answers: {
      sent: 4500,
      accepted: 4400,
      refused: 60,
      failed: 40,
      reasons: ['ECONNREFUSED'],
      ids: [],
      acceptedAt: [],
    },
    checks: { ok: 13, pending: 1 },
    killed: ['kafka-1', 'gateway', 'kafka-1'],
  },
  accepted: 22_400,
  missing: 0,
  stored: { mongodb: 22_400, clickhouse: 22_400, ids: 22_400 },
  lastCheck: {
    checked_at: '2026-01-01T00:00:00Z',
    status: 'ok',
    checked: { events: 5_000_000 },
    lost: 0,
    doubled: 0,
    drifted: 0,
  },
};

test('the page tells slopes without the warm-up, shares of answers, and what was proven', () => {
  const page = soakReport(results, { machine: thisMachine(), at: new Date('2026-01-01T00:00:00Z') });
  expect(page).toContain('| gateway | 100 MB | 302 MB | 3.0 | 90 | 40 |');
  expect(page).toContain('| **all** | 150 MB | 352 MB | 3.0 | 100 | 50 |');
  expect(page).toContain('| accepted at once | 18,000 (100.00 %) | 4,400 (97.78 %) |');
  expect(page).toContain('| greatest lag | 2.5 s | 2.5 s |');
  expect(page).toContain('| checks that said pending | 0 | 1 |');
  expect(page).toContain('| clickhouse | 1 MB | 5 MB | 1 |');
  expect(page).toContain('Killed: kafka-1 2×, gateway 1×.');
  expect(page).toContain('Other answers: `ECONNREFUSED`.');
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test('the plot has both stages one after the other', () => {
  expect(soakPlot(results)).not.toMatch(/NaN|undefined|Infinity/);
});

test.each<[string, Partial<Results>, boolean]>([
  ['all is there once', {}, true],
  [
    'an event was written though its answer said to come again',
    { stored: { mongodb: 22_401, clickhouse: 22_401, ids: 22_401 } },
    true,
  ],
  ['an accepted event is missing', { missing: 1 }, false],
  ['one is twice in ClickHouse', { stored: { mongodb: 22_400, clickhouse: 22_401, ids: 22_400 } }, false],
  ['one is not in MongoDB', { stored: { mongodb: 22_399, clickhouse: 22_400, ids: 22_400 } }, false],
  ['the last check differs', { lastCheck: { ...results.lastCheck, status: 'differs' } }, false],
])('%s', (_, other, exact) => {
  expect(isExact({ ...results, ...other })).toBe(exact);
});
