import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

const main = resolve(import.meta.dirname, 'chaos/main.ts');

const reports = mkdtempSync(join(tmpdir(), 'chaos-'));
afterAll(() => rmSync(reports, { recursive: true, force: true }));

/** Runs the chaos program as `make chaos` does; answers its exit code and all it printed. */
async function chaos(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      CHAOS_REPORT: join(reports, 'chaos.json'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, output };
}

test('the connector killed ten times while 50,000 events flow: nothing is lost, nothing doubled', async () => {
  const { code, output } = await chaos({
    CHAOS_SEED: '20',
    CHAOS_FAULTS: '10',
    CHAOS_EVENTS: '50000',
    CHAOS_ROLES: 'connector',
    CHAOS_KINDS: 'kill',
  });
  expect(output).toMatch(/lost\*\* \(log, stores, rollups, dead letters\) \| \*\*0\*\*/);
  expect(output).toMatch(/doubled\*\* \| \*\*0\*\*/);
  expect(output).toMatch(/faults that happened \| 10 of 10/);
  expect(code).toBe(0);
}, 600_000);

test('every role hit, in every way, one connector frozen beyond its session: nothing is lost, nothing doubled', async () => {
  const { code, output } = await chaos({ CHAOS_SEED: '104', CHAOS_FAULTS: '16', CHAOS_EVENTS: '30000' });
  expect(output).toMatch(/lost\*\* \(log, stores, rollups, dead letters\) \| \*\*0\*\*/);
  expect(output).toMatch(/doubled\*\* \| \*\*0\*\*/);
  // The seed is chosen so that it comes: the connector loses its partitions and wakes up.
  expect(output).toMatch(/freeze connector for 12284 ms/);
  expect(code).toBe(0);
}, 600_000);
