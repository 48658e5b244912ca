import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const main = resolve(import.meta.dirname, 'chaos/main.ts');

/** Runs the chaos program as `make chaos` does; answers its exit code and all it printed. */
async function chaos(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
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
  expect(output).toMatch(/lost, doubled.*\*\*0, 0\*\*/);
  expect(output).toMatch(/faults that happened \| 10 of 10/);
  expect(code).toBe(0);
}, 420_000);

test('every role hit in every way once in a while: nothing is lost, nothing doubled', async () => {
  const { code, output } = await chaos({ CHAOS_SEED: '7', CHAOS_FAULTS: '16', CHAOS_EVENTS: '30000' });
  expect(output).toMatch(/lost, doubled.*\*\*0, 0\*\*/);
  expect(code).toBe(0);
}, 420_000);
