import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

test('20,000 events, each sent three times and once more, while what claims and delivers is killed: each is everywhere once', async () => {
  const main = resolve(import.meta.dirname, 'repeats/main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [main], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  expect(stdout).toContain('each event is everywhere once');
}, 900_000);
