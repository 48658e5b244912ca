import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';

// Processes start and stop here; on a busy machine that takes its time.
jest.setTimeout(120_000);

const node = resolve('node_modules/.bin/node');
const folder = mkdtempSync(join(tmpdir(), 'image-'));
const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** What the Dockerfile's last stage holds: the bundle alone, far from any node_modules. */
function bundle(name: string, source: string): string {
  const out = join(folder, name);
  execFileSync(node, ['template/node24-batch/bundle.ts', source, out]);
  return out;
}

async function start(
  out: string,
  env: Record<string, string> = {},
): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort();
  const child = spawn(node, ['index.js'], {
    cwd: out,
    env: { PATH: process.env.PATH ?? '', PORT: String(port), FUNCTION_NAME: 'fn', ...env },
    stdio: 'inherit',
  });
  started.push(child);
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`the bundle ended with ${child.exitCode}`);
    expect((await fetch(`${url}/_/ready`)).status).toBe(200);
  });
  return { url, child };
}

test.each(readdirSync('functions'))('%s fits in one file, starts and stops', async (name) => {
  const out = bundle(name, `functions/${name}`);
  expect(readdirSync(out).filter((file) => file.endsWith('.js'))).toEqual(['index.js']);
  const { url, child } = await start(out, { LOG_LEVEL: 'warn' });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('process_cpu_seconds_total');
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

describe('a bundled function', () => {
  test('answers a batch, and 400 with the reason to one that is malformed', async () => {
    const { url } = await start(join(folder, 'transform'), { LOG_LEVEL: 'warn' });
    const value = Buffer.from(JSON.stringify({ event_type: 'page_view', user_id: 7 })).toString('base64');
    const record = {
      topic: 't',
      partition: 0,
      offset: 5,
      timestamp: Date.now(),
      timestampType: 'CREATE_TIME',
      value,
      headers: [],
    };
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'x-batch-id': 'c:t:0:5-5', 'x-topic': 't' },
      body: JSON.stringify({
        eventSource: 'SelfManagedKafka',
        bootstrapServers: '',
        records: { 't-0': [record] },
      }),
    });
    expect([answer.status, answer.headers.get('x-batch-id')]).toEqual([200, 'c:t:0:5-5']);
    expect(await answer.json()).toMatchObject({ records: [{ sourceOffset: 5 }] });
    const malformed = await fetch(url, { method: 'POST', headers: { 'x-batch-id': 'c:t:0:5-5' }, body: '{' });
    expect([malformed.status, malformed.headers.get('x-batch-id')]).toEqual([400, null]);
  });

  test('answers with the status of an HttpError that was thrown in shared code', async () => {
    const { url } = await start(join(folder, 'ingest'), {
      LOG_LEVEL: 'warn',
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
    });
    const answer = await fetch(url, {
      method: 'POST',
      body: 'no JSON',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
  });
});

test('the handler that a new function begins with works', async () => {
  const source = join(folder, 'new');
  cpSync('template/node24-batch/function', source, { recursive: true });
  const { url } = await start(bundle('new-out', source));
  const answer = await fetch(`${url}/path?x=1`, { method: 'POST', body: 'hello' });
  expect(await answer.json()).toEqual({ method: 'POST', path: '/path', body: 'hello' });
});

test('the image’s packages have the versions of the checkout', () => {
  const versions = (file: string) => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    return { ...dependencies, ...devDependencies };
  };
  const checkout = versions('package.json');
  const image = versions('template/node24-batch/package.json');
  expect(image).toEqual(Object.fromEntries(Object.keys(image).map((name) => [name, checkout[name]])));
});
