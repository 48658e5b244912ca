import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import {
  familyOf,
  type ProcessInfo,
  parsePs,
  parseStat,
  readProcesses,
  startOf,
} from '../../../infra/platform/process-table.ts';

const units = { ticksPerSecond: 100, pageBytes: 4096, boot: 'b' };
const stat = (state: string) =>
  `4711 (a (b) c) ${state} 42 4711 4711 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 8 0 98765 1000000 2000 18446744073709551615 1 1`;

test('a line of /proc/<pid>/stat, brackets in the name included', () => {
  expect(parseStat(stat('S'), units)).toEqual({
    pid: 4711,
    parentPid: 42,
    start: 'b/98765',
    cpuSeconds: 3,
    residentBytes: 2000 * 4096,
  });
});

test('a zombie is dead', () => expect(parseStat(stat('Z'), units)).toBeUndefined());

test('a line of ps as macOS prints it', () => {
  expect(parsePs('  501     1 Ss    10240   1:02.50 Mon Nov 23 10:41:07 2026')).toEqual({
    pid: 501,
    parentPid: 1,
    start: 'Mon Nov 23 10:41:07 2026',
    cpuSeconds: 62.5,
    residentBytes: 10_485_760,
  });
  expect(parsePs('  502     1 Z    0   0:00.00 Mon Nov 23 10:41:07 2026')).toBeUndefined();
  expect(parsePs('')).toBeUndefined();
});

test('a family is a process and everything below it', () => {
  const info = (pid: number, parentPid: number): [number, ProcessInfo] => [
    pid,
    { pid, parentPid, start: '', cpuSeconds: 0, residentBytes: 0 },
  ];
  const processes = new Map([info(1, 0), info(2, 1), info(3, 2), info(4, 1), info(5, 9)]);
  expect(familyOf(1, processes).map(({ pid }) => pid)).toEqual([1, 4, 2, 3]);
  expect(familyOf(77, processes)).toEqual([]);
});

test('this process is there, and one that has ended is not', async () => {
  expect(readProcesses().get(process.pid)?.residentBytes).toBeGreaterThan(1e6);
  expect(startOf(process.pid)).toBe(readProcesses().get(process.pid)?.start);
  const child = spawn('true');
  await once(child, 'exit');
  expect(startOf(child.pid as number)).toBeUndefined();
});
