import { expect, test } from '@jest/globals';
import { isHung, type Silence, silenceAfter } from '../../../infra/platform/supervisor/silence.ts';

const patience = { hungAfterMs: 60_000, loopingAfterMs: 180_000 };

/** Seconds of silence after which a process is killed, given its processor time at each check, one every 5 s. */
function killedAfter(cpuSecondsAt: (check: number) => number | undefined): number {
  let silence: Silence | undefined;
  for (let check = 0; ; check++) {
    const nowMs = 1_000_000 + check * 5000;
    silence = silenceAfter(silence, { nowMs, cpuSeconds: cpuSecondsAt(check) });
    if (isHung(silence, nowMs, patience)) return check * 5;
  }
}

test.each<[string, (check: number) => number | undefined, number]>([
  ['frozen', () => 7.5, 65],
  ['frozen, where processor time cannot be told', () => undefined, 65],
  ['in an endless loop', (check) => check * 5, 185],
  ['starved: a little each time', (check) => check * 0.01, 185],
  ['starved: a little at every tenth check', (check) => Math.floor(check / 10), 185],
  ['at work for a minute, then frozen', (check) => Math.min(check, 12), 125],
])('%s', (_name, cpuSecondsAt, seconds) => {
  expect(killedAfter(cpuSecondsAt)).toBe(seconds);
});
