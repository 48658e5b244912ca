import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { platformSettings } from '../../infra/platform/platform-settings.ts';
import { testUnless } from '../support/skip.ts';
import { findPrograms } from './cluster/mongo-cluster.ts';
import type { PartName, Run } from './cluster/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaos-cluster-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As `make chaos-cluster` does it, but small. */
async function play(part: PartName): Promise<Run> {
  const report = join(folder, `${part}.json`);
  await promisify(execFile)(process.execPath, [resolve(import.meta.dirname, 'cluster/main.ts')], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      MONGOD_BINARY: process.env.MONGOD_BINARY,
      CHAOS_PARTS: part,
      CHAOS_RATE: '500',
      CHAOS_SETTLE: '2',
      CHAOS_REPORT: report,
    },
  }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  const [run] = JSON.parse(readFileSync(report, 'utf8')) as [Run];
  expect(run).toMatchObject({ part, lost: 0, doubled: 0 });
  expect(run.inMongodb).toBe(run.clean);
  expect(run.inClickhouse).toBe(run.clean);
  expect(run.clean).toBeGreaterThan(0);
  return run;
}

test('six partitions become 24 on three brokers while events flow: nothing is lost, nothing doubled', async () => {
  await play('partitions');
}, 900_000);

const programs = findPrograms(platformSettings());
testUnless(typeof programs === 'string' ? programs : undefined)(
  'a primary of a sharded MongoDB steps down, members are killed: nothing is lost, nothing doubled, a user is one shard’s',
  async () => {
    const { answers } = await play('mongo');
    expect(answers.filter(({ exact }) => !exact)).toEqual([]);
  },
  900_000,
);
