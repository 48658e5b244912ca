import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { ChaosResult } from '../../integrity/chaos/chaos.ts';
import { rateFor } from '../../integrity/chaos/pace.ts';
import { addPart, type Part, partOf } from '../../integrity/chaos/part.ts';
import { renderReport } from '../../integrity/chaos/report.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaos-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const result = {
  seconds: 90,
  sent: 1000,
  injected: [
    { number: 1, fault: { kind: 'kill', role: 'kafka' }, inFlight: true, happened: true },
    { number: 2, fault: { kind: 'kill', role: 'kafka' }, inFlight: false, happened: true },
    { number: 3, fault: { kind: 'lie', role: 'transform' }, inFlight: true, happened: true },
    { number: 4, fault: { kind: 'freeze', role: 'gateway', ms: 5 }, inFlight: false, happened: false },
  ],
  proof: {
    raw: 1000,
    clean: 990,
    rejected: 10,
    mongodb: { found: 990 },
    clickhouse: { found: 989 },
    lost: 1,
    doubled: 0,
  },
} as unknown as ChaosResult;
const part = (seed: number): Part => partOf(result, { seed, brokers: 3, at: new Date('2026-01-31') });

describe('the report of faults', () => {
  test('a fault that did not happen is not counted, one that found nobody at work is told apart', () => {
    expect(part(1).faults).toEqual([
      { role: 'kafka', kind: 'kill', happened: 2, withWork: 1 },
      { role: 'transform', kind: 'lie', happened: 1, withWork: 1 },
    ]);
  });

  test('the log must hold what was sent, no more and no less', () => {
    const sent = (count: number) =>
      partOf({ ...result, sent: count }, { seed: 1, brokers: 3, at: new Date() });
    expect(sent(1003)).toMatchObject({ lost: 4, doubled: 0 });
    expect(sent(998)).toMatchObject({ lost: 1, doubled: 2 });
  });

  test('parts add up', () => {
    const file = join(folder, 'more/chaos.json');
    addPart(file, part(1));
    const page = renderReport(addPart(file, part(2)));
    expect(page).toContain('| events in `events_raw` | 2,000 |');
    expect(page).toContain('| **lost** (log, stores, rollups, dead letters) | **2** |');
    expect(page).toContain('| faults that happened | 6 of 8 |');
    expect(page).toContain('| of these while that role had work in flight | 4 (66 %) |');
    expect(page).toMatch(/\| role \| kill \| lie \| all \| with work in flight \|\n/);
    expect(page).toMatch(/\| kafka \| 4 \| {2}\| 4 \| 50 % \|\n/);
    expect(page).toContain('| 2 | 2026-01-31 | 3 | 1,000 | 3 of 4 | 66 % | 90 s | 1 | 0 |');
  });
});

test('the load lasts as long as there are faults to come', () => {
  expect(rateFor({ eventsLeft: 100_000, faultsLeft: 50, secondsPerFault: 2 })).toBe(1000);
  expect(rateFor({ eventsLeft: 0, faultsLeft: 5, secondsPerFault: 2 })).toBe(300);
  expect(rateFor({ eventsLeft: 1_000_000, faultsLeft: 1, secondsPerFault: 2 })).toBe(5000);
  expect(rateFor({ eventsLeft: 1000, faultsLeft: 0, secondsPerFault: 2 })).toBeUndefined();
});
