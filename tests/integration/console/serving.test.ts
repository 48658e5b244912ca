import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConsoleState, Point } from '../../../infra/gateway/console/state.ts';
import { startGateway, type TestGateway } from '../gateway/start-gateway.ts';
import { streamed } from './stream.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  await gateway.deploy('echo');
}, 120_000);
afterAll(() => gateway?.stop(), 120_000);

describe('files', () => {
  test.each(['/ui/', '/ui/main.js', '/ui/api/stream', '/ui/nothing'])(
    '%s asks for the password',
    async (path) => {
      const answer = await fetch(gateway.url + path);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^Basic /),
      ]);
      await answer.body?.cancel();
    },
  );

  test.each([
    ['/ui', 'text/html; charset=utf-8'],
    ['/ui/', 'text/html; charset=utf-8'],
    ['/ui/main.js?v=1', 'text/javascript; charset=utf-8'],
    ['/ui/style/base.css', 'text/css; charset=utf-8'],
    ['/ui/vendor/uPlot.esm.js', 'text/javascript; charset=utf-8'],
    ['/ui/icon.svg', 'image/svg+xml'],
  ])('%s is %s, and may load nothing from elsewhere', async (path, type) => {
    const answer = await gateway.ask(path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const again = await gateway.ask(path, { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  test.each([
    '/ui/../part.ts',
    '/ui/%2e%2e/part.ts',
    '/ui/.git',
    '/ui//etc/passwd',
    '/ui/README.md',
    '/ui/vendor/../package.json',
    '/ui/vendor/uPlot.d.ts',
    '/ui/style',
    '/ui/api/nothing',
  ])('%s is not there', async (path) => {
    expect((await gateway.ask(path)).status).toBe(404);
  });

  test('files cannot be written', async () => {
    expect((await gateway.ask('/ui/main.js', { method: 'PUT' })).status).toBe(405);
  });
});

test('a page elsewhere changes nothing, though the browser adds the password', async () => {
  const body = JSON.stringify({ serviceName: 'echo', replicas: 3 });
  const scale = (headers: Record<string, string>) =>
    gateway.ask('/system/scale-function/echo', { method: 'POST', body, headers });
  expect((await scale({ origin: 'https://evil.example' })).status).toBe(403);
  expect((await gateway.status('echo')).replicas).toBe(1);
  expect((await scale({ origin: gateway.url })).status).toBe(202);
});

test('the stream gives the past once and the present each second, the same to all', async () => {
  const [one, other] = await Promise.all([streamed(gateway, 4), streamed(gateway, 4)]);
  expect(one[0]?.event).toBe('history');
  expect(one[0]?.data as Point[]).toBeInstanceOf(Array);
  const states = (all: typeof one) =>
    all.filter((e) => e.event === 'state').map((e) => e.data as ConsoleState);
  expect(states(one).at(-1)?.functions).toMatchObject([{ name: 'echo', p95Seconds: null, errors: 0 }]);
  expect(states(one).at(-1)?.parts).toMatchObject([{ name: 'gateway', up: true }]);
  const times = states(one).map((state) => state.atMs);
  expect(times).toEqual([...new Set(times)].sort());
  expect(states(other).some((state) => times.includes(state.atMs))).toBe(true);
}, 120_000);
