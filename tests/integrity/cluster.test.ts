import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import type { Run } from './cluster/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaos-cluster-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('six partitions become 24 on three brokers while events flow: nothing is lost, nothing doubled', async () => {
  const report = join(folder, 'chaos-cluster.json');
  await promisify(execFile)(process.execPath, [resolve(import.meta.dirname, 'cluster/main.ts')], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      CHAOS_PARTS: 'partitions',
      CHAOS_RATE: '500',
      CHAOS_SETTLE: '2',
      CHAOS_REPORT: report,
    },
  }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  const [run] = JSON.parse(readFileSync(report, 'utf8')) as Run[];
  expect(run).toMatchObject({ part: 'partitions', lost: 0, doubled: 0 });
  expect(run?.inMongodb).toBe(run?.clean);
  expect(run?.inClickhouse).toBe(run?.clean);
  expect(run?.clean).toBeGreaterThan(0);
}, 900_000);
