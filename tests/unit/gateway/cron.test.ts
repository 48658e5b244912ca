import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { createCron, type RunOutcome } from '../../../infra/gateway/cron/cron.ts';
import { nextRun, runsBetween, type Schedule, scheduleOf } from '../../../infra/gateway/cron/schedule.ts';

const at = (text: string) => Date.parse(`2026-03-01T${text}Z`);
const every = (...patterns: string[]): Schedule => ({ patterns, timezone: undefined });

describe('schedules', () => {
  test.each([
    [undefined, undefined],
    [{}, undefined],
    [{ topic: 'events_raw', schedule: '* * * * *' }, undefined],
    [{ topic: 'cron-function', schedule: '* * * * *' }, every('* * * * *')],
    [
      { topic: 'a, cron-function', schedule: ' 0 1 * * * ; */5 * * * * ;' },
      every('0 1 * * *', '*/5 * * * *'),
    ],
    [
      { topic: 'cron-function', schedule: '0 8 * * *', timezone: 'Europe/Berlin' },
      { patterns: ['0 8 * * *'], timezone: 'Europe/Berlin' },
    ],
  ])('%j', (annotations, expected) => {
    expect(scheduleOf(annotations)).toEqual(expected);
  });

  test.each([
    [{ topic: 'cron-function' }, /annotations\.schedule/],
    [{ topic: 'cron-function', schedule: 'often' }, /annotations\.schedule: "often"/],
    [{ topic: 'cron-function', schedule: '* * * * *; 61 * * * *' }, /"61 \* \* \* \*"/],
    [{ topic: 'cron-function', schedule: '* * * * *', timezone: 'Mars/Base' }, /annotations\.timezone/],
  ])('%j is refused', (annotations, message) => {
    expect(() => scheduleOf(annotations)).toThrow(message);
  });

  test('the next run is the earliest of all patterns, in the time zone', () => {
    expect(nextRun(every('0 12 * * *', '30 * * * *'), at('10:45:00'))).toBe(at('11:30:00'));
    expect(nextRun({ patterns: ['0 8 * * *'], timezone: 'Europe/Berlin' }, at('00:00:00'))).toBe(
      at('07:00:00'),
    );
  });

  test('runs between two times are counted once each', () => {
    expect(runsBetween(every('* * * * *'), at('10:00:00'), at('10:05:00'))).toBe(4);
    expect(runsBetween(every('* * * * *', '*/2 * * * *'), at('10:00:00'), at('10:05:30'))).toBe(5);
    expect(runsBetween(every('* * * * * *'), at('00:00:00'), at('23:00:00'), 1000)).toBe(1000);
  });
});

describe('cron', () => {
  let folder: string;
  let runs: [string, RunOutcome, number][];
  let answer: () => Promise<number>;
  const start = () =>
    createCron({
      stateFile: join(folder, 'cron.json'),
      call: () => answer(),
      onRun: (...run) => runs.push(run),
      log: pino({ level: 'silent' }),
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cron-'));
    runs = [];
    answer = async () => 200;
    jest.useFakeTimers({ now: at('10:00:30') });
  });
  afterEach(() => {
    jest.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  test('calls at each due time, not at once, and no more once it is removed', async () => {
    const cron = start();
    cron.set(new Map([['f', every('* * * * *')]]));
    await jest.advanceTimersByTimeAsync(29_000);
    expect(runs).toEqual([]);
    await jest.advanceTimersByTimeAsync(120_000);
    expect(runs).toEqual([
      ['f', 'ok', 1],
      ['f', 'ok', 1],
    ]);
    cron.set(new Map());
    await jest.advanceTimersByTimeAsync(120_000);
    expect(runs.length).toBe(2);
  });

  test('a run that is under way is not overlapped, and the one left out is told', async () => {
    let finish: (status: number) => void = () => {};
    answer = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const cron = start();
    cron.set(new Map([['f', every('* * * * *')]]));
    await jest.advanceTimersByTimeAsync(95_000);
    expect(runs).toEqual([['f', 'skipped', 1]]);
    finish(500);
    await jest.advanceTimersByTimeAsync(1);
    expect(runs.at(-1)).toEqual(['f', 'failed', 1]);
    cron.close();
  });

  test('runs missed while the gateway was down are told, not made up for', async () => {
    const before = start();
    before.set(new Map([['f', every('* * * * *')]]));
    await jest.advanceTimersByTimeAsync(35_000);
    before.close();
    runs = [];
    jest.setSystemTime(at('10:04:30'));
    const after = start();
    after.set(new Map([['f', every('* * * * *')]]));
    expect(runs).toEqual([['f', 'missed', 3]]);
    await jest.advanceTimersByTimeAsync(31_000);
    expect(runs.slice(1)).toEqual([['f', 'ok', 1]]);
    after.close();
  });
});
