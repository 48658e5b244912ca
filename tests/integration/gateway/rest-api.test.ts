import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

// Processes start and stop here; on a busy machine that takes its time.
jest.setTimeout(120_000);

let gateway: TestGateway;
const send = (method: string, path: string, body: unknown) =>
  gateway.ask(path, { method, body: typeof body === 'string' ? body : JSON.stringify(body) });

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

describe('functions', () => {
  test('are created, listed, described, updated, scaled and removed', async () => {
    expect((await send('PUT', '/system/functions', { service: 'fn', image: 'echo' })).status).toBe(404);
    const made = await send('POST', '/system/functions', {
      service: 'fn',
      image: 'me/echo:1',
      envVars: { A: '1' },
      labels: { team: 'x' },
      annotations: { topic: 't' },
      limits: { memory: '128Mi' },
      somethingNew: true,
    });
    expect(made.status).toBe(202);
    expect((await send('POST', '/system/functions', { service: 'fn', image: 'echo' })).status).toBe(409);
    await gateway.waitForReplicas('fn', 1);
    const list = (await (await gateway.ask('/system/functions')).json()) as unknown[];
    expect(list).toEqual([await gateway.status('fn')]);
    expect(list[0]).toMatchObject({
      name: 'fn',
      image: 'me/echo:1',
      namespace: 'openfaas-fn',
      envVars: { A: '1' },
      labels: { team: 'x' },
      annotations: { topic: 't' },
      limits: { memory: '128Mi' },
      invocationCount: 0,
      replicas: 1,
      availableReplicas: 1,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });

    expect((await send('POST', '/system/scale-function/fn', { serviceName: 'fn', replicas: 3 })).status).toBe(
      202,
    );
    await gateway.waitForReplicas('fn', 3);
    await send('POST', '/system/scale-function/fn', { replicas: 1 });
    await gateway.waitForReplicas('fn', 1);

    expect((await send('PUT', '/system/functions', { service: 'fn', image: 'echo:2' })).status).toBe(202);
    await eventually(async () =>
      expect(await gateway.status('fn')).toMatchObject({ image: 'echo:2', updatedReplicas: 1 }),
    );

    expect((await send('DELETE', '/system/functions', { functionName: 'fn' })).status).toBe(202);
    expect((await gateway.ask('/system/function/fn')).status).toBe(404);
    expect((await fetch(`${gateway.url}/function/fn`)).status).toBe(404);
    expect((await send('DELETE', '/system/functions', { functionName: 'fn' })).status).toBe(404);
  });

  test.each([
    [
      'POST',
      '/system/functions',
      { service: 'x', image: 'nope' },
      400,
      /must be one of: big, busy, crash, echo/,
    ],
    ['POST', '/system/functions', { service: '../x', image: 'echo' }, 400, /^service: /],
    [
      'POST',
      '/system/functions',
      { service: 'x', image: 'echo', secrets: ['none'] },
      400,
      /secrets: not found: none/,
    ],
    [
      'POST',
      '/system/functions',
      { service: 'x', image: 'echo', annotations: { topic: 'cron-function', schedule: 'x' } },
      400,
      /annotations\.schedule/,
    ],
    ['POST', '/system/functions', '{', 400, /not JSON/],
    ['POST', '/system/functions', '', 400, /not JSON/],
    ['DELETE', '/system/functions', {}, 400, /functionName/],
    ['POST', '/system/scale-function/none', { replicas: 1 }, 404, /not deployed/],
    ['PATCH', '/system/functions', {}, 405, /PATCH/],
    ['GET', '/system/nothing', undefined, 404, /nothing/],
    ['GET', '/system/function/..%2fx', undefined, 404, /not deployed/],
    ['GET', '/system/logs?name=../../etc/passwd', undefined, 400, /^name/],
    ['GET', '/system/logs?name=none', undefined, 404, /not deployed/],
  ])('%s %s %j: %i', async (method, path, body, status, message) => {
    const answer = await (body === undefined ? gateway.ask(path, { method }) : send(method, path, body));
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(message);
  });

  test('a body that is too large is refused', async () => {
    expect((await send('POST', '/system/functions', { service: 'x'.repeat(2_000_000) })).status).toBe(413);
  });

  test('too many replicas are refused', async () => {
    await gateway.deploy('slow');
    expect((await send('POST', '/system/scale-function/slow', { replicas: 1000 })).status).toBe(400);
    expect((await send('POST', '/system/scale-function/slow', { replicas: -1 })).status).toBe(400);
    await send('DELETE', '/system/functions', { functionName: 'slow' });
  });
});

describe('access', () => {
  test.each([
    '/system/functions',
    '/system/function/x',
    '/system/secrets',
    '/system/logs',
    '/system/info',
    '/system/namespaces',
  ])('%s needs the password', async (path) => {
    const answer = await fetch(gateway.url + path);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic/);
    const wrong = await gateway.ask(path, { headers: { authorization: `Basic ${btoa('admin:wrong')}` } });
    expect(wrong.status).toBe(401);
  });

  test('a password is made at first start and kept, readable by its owner alone', async () => {
    const other = await startGateway({ GATEWAY_PASSWORD: '' });
    try {
      const file = join(other.dataDir, 'secrets/basic-auth-password');
      const made = readFileSync(file, 'utf8').trim();
      expect(made.length).toBeGreaterThan(20);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      await other.kill('SIGKILL');
      await other.restart();
      expect(readFileSync(file, 'utf8').trim()).toBe(made);
      const answer = await fetch(`${other.url}/system/info`, {
        headers: { authorization: `Basic ${btoa(`admin:${made}`)}` },
      });
      expect(answer.status).toBe(200);
    } finally {
      await other.stop();
    }
  });

  test('health and metrics are open', async () => {
    expect(await (await fetch(`${gateway.url}/healthz`)).text()).toBe('OK');
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('up{part="gateway"} 1');
  });

  test('info and namespaces', async () => {
    expect(await (await gateway.ask('/system/info')).json()).toMatchObject({
      provider: {
        provider: expect.any(String),
        orchestration: expect.any(String),
        version: { release: expect.any(String) },
      },
      version: { release: expect.any(String) },
    });
    expect(await (await gateway.ask('/system/namespaces')).json()).toEqual(['openfaas-fn']);
  });
});

describe('secrets', () => {
  test('reach the functions that name them, as files, and are shown nowhere', async () => {
    const value = 'hidden-value-1';
    expect((await send('POST', '/system/secrets', { name: 'key', value })).status).toBe(201);
    expect((await send('POST', '/system/secrets', { name: 'key', value })).status).toBe(409);
    await send('POST', '/system/secrets', { name: 'other', value: 'unseen' });
    expect(await (await gateway.ask('/system/secrets')).json()).toEqual([
      { name: 'key', namespace: 'openfaas-fn' },
      { name: 'other', namespace: 'openfaas-fn' },
    ]);
    await gateway.deploy('echo', { secrets: ['key'], envVars: { KEY_FILE: '/var/openfaas/secrets/key' } });
    const { env } = (await (await fetch(`${gateway.url}/function/echo`)).json()) as {
      env: Record<string, string>;
    };
    const file = env.KEY_FILE as string;
    expect(readFileSync(file, 'utf8')).toBe(value);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(join(file, '../other'))).toBe(false);
    expect(Object.keys(env)).not.toContain('GATEWAY_PASSWORD');

    expect((await send('PUT', '/system/secrets', { name: 'key', rawValue: btoa('new') })).status).toBe(202);
    expect(readFileSync(file, 'utf8')).toBe('new');
    const shown =
      JSON.stringify([await gateway.status('echo'), env]) +
      (await (await fetch(`${gateway.url}/metrics`)).text());
    expect(shown).not.toContain(value);
    expect(readFileSync(join(gateway.dataDir, 'gateway.log'), 'utf8')).not.toContain(value);
    expect((await send('DELETE', '/system/secrets', { name: 'other' })).status).toBe(202);
    expect((await send('DELETE', '/system/secrets', { name: 'other' })).status).toBe(404);
    expect((await send('PUT', '/system/secrets', { name: 'other', value: 'x' })).status).toBe(404);
    await send('DELETE', '/system/functions', { functionName: 'echo' });
    await eventually(() => expect(existsSync(file)).toBe(false));
  });

  test.each([{ name: '../x', value: 'a' }, { name: 'x' }, { name: 'x', rawValue: '%' }, { value: 'x' }, []])(
    '%j is refused',
    async (body) => {
      expect((await send('POST', '/system/secrets', body)).status).toBe(400);
    },
  );
});

describe('logs', () => {
  test('are NDJSON, cut by tail and since, and can be followed', async () => {
    await gateway.deploy('sleeper');
    const lines = async (query: string) =>
      (await (await gateway.ask(`/system/logs?name=sleeper${query}`)).text())
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { text: string; instance: string; timestamp: string });
    const call = new AbortController();
    fetch(`${gateway.url}/function/sleeper`, { signal: call.signal }).catch(() => {});
    await eventually(async () => expect((await lines('')).map((l) => l.text)).toContain('asleep'));
    expect((await lines('&tail=1')).map((l) => l.text)).toEqual(['asleep']);
    expect(await lines(`&since=${encodeURIComponent(new Date(Date.now() + 60_000).toISOString())}`)).toEqual(
      [],
    );
    expect(await lines('&instance=none')).toEqual([]);
    expect((await gateway.ask('/system/logs?name=sleeper&tail=x')).status).toBe(400);
    expect((await gateway.ask('/system/logs?name=sleeper&since=yesterday')).status).toBe(400);

    const followed = await gateway.ask('/system/logs?name=sleeper&tail=1&follow=true');
    expect(followed.headers.get('content-type')).toBe('application/x-ndjson');
    const reader = (followed.body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toContain('asleep');
    // The caller goes; the function hears of it through its signal.
    call.abort();
    const next = JSON.parse(Buffer.from((await reader.read()).value ?? []).toString()) as Record<
      string,
      string
    >;
    expect(next).toMatchObject({ name: 'sleeper', namespace: 'openfaas-fn', text: 'woken: caller gone' });
    await reader.cancel();
    expect(readFileSync(join(gateway.dataDir, 'logs/functions/sleeper.log'), 'utf8')).toContain('asleep\n');
  });
});
