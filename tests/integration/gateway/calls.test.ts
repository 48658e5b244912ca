import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startGateway, type TestGateway } from './start-gateway.ts';

// Processes start and stop here; on a busy machine that takes its time.
jest.setTimeout(120_000);

let gateway: TestGateway;
type Echo = { method: string; path: string; query: string; headers: Record<string, string>; body: string };

beforeAll(async () => {
  gateway = await startGateway({ GATEWAY_MAX_BODY_BYTES: '30000000' });
  await gateway.deploy('echo');
  await gateway.deploy('big');
  await gateway.deploy('slow');
  await gateway.deploy('crash');
});
afterAll(() => gateway.stop());

const echo = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(`${gateway.url}/function/echo${path}`, init);
  return { answer, seen: (await answer.json()) as Echo };
};

describe('a call', () => {
  test('passes method, path, query, headers and body on, and the answer back', async () => {
    const { answer, seen } = await echo('/a//b%2Fc/..;x?q=1&q=2&e=%20', {
      method: 'PATCH',
      headers: { 'X-Mine': 'yes', 'content-type': 'text/plain' },
      body: 'h\u00e9llo',
    });
    expect(seen).toMatchObject({
      method: 'PATCH',
      path: '/a//b%2Fc/..;x',
      query: 'q=1&q=2&e=%20',
      body: 'h\u00e9llo',
    });
    expect(seen.headers).toMatchObject({
      'x-mine': 'yes',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `127.0.0.1:${gateway.port}`,
      'x-call-id': answer.headers.get('x-call-id'),
    });
    expect(answer.headers.get('x-from')).toBe('echo');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.get('x-start-time')).toMatch(/^\d{19}$/);
    expect(Number(answer.headers.get('x-duration-seconds'))).toBeGreaterThan(0);
  });

  test('keeps the caller’s call id', async () => {
    const { answer, seen } = await echo('', { headers: { 'x-call-id': 'mine' } });
    expect([answer.headers.get('x-call-id'), seen.headers['x-call-id']]).toEqual(['mine', 'mine']);
  });

  test.each([200, 201, 202, 204, 301, 400, 404, 429, 500, 503])('passes status %i on', async (status) => {
    const answer = await fetch(`${gateway.url}/function/echo?status=${status}`, { redirect: 'manual' });
    expect(answer.status).toBe(status);
  });

  test.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PUT'])('%s without a body', async (method) => {
    const answer = await fetch(`${gateway.url}/function/echo`, { method });
    expect(answer.status).toBe(200);
    if (method !== 'HEAD') expect(await answer.json()).toMatchObject({ method, body: null });
  });

  test('a batch reaches the handler with its headers, and its id comes back', async () => {
    const id = 'cluster:topic:3:7-7';
    const { answer, seen } = await echo('', {
      method: 'POST',
      headers: { 'x-batch-id': id, 'x-topic': 't', 'x-route': '1', 'x-attempt': '2' },
      body: JSON.stringify({ eventSource: 'SelfManagedKafka', records: { 't-3': [{ offset: 7 }] } }),
    });
    expect(answer.headers.get('x-batch-id')).toBe(id);
    expect(seen).toMatchObject({
      seen: 1,
      batch: { id, partition: 3, first: 7, last: 7, route: 1, attempt: 2 },
    });
  });
});

describe('large bodies', () => {
  test('20 MB stream both ways, unchanged', async () => {
    const sent = randomBytes(20_000_000);
    const answer = await fetch(`${gateway.url}/function/big?mb=20`, { method: 'POST', body: sent });
    expect(answer.headers.get('x-received-sha256')).toBe(createHash('sha256').update(sent).digest('hex'));
    expect((await answer.arrayBuffer()).byteLength).toBe(20 * 1_048_576);
  });

  test('a body of unknown length, also with a method that seldom has one', async () => {
    for (const method of ['POST', 'DELETE', 'GET']) {
      const answer = await new Promise<string>((resolve, reject) => {
        const call = request(
          `${gateway.url}/function/echo`,
          { method, headers: { 'transfer-encoding': 'chunked' } },
          (res) => {
            Readable.from(res)
              .toArray()
              .then((parts) => resolve(Buffer.concat(parts as Buffer[]).toString()), reject);
          },
        );
        call.on('error', reject);
        call.write('in two ');
        setImmediate(() => call.end('pieces'));
      });
      expect(JSON.parse(answer)).toMatchObject({ method, body: 'in two pieces' });
    }
  });

  test('above the limit is 413, announced or not', async () => {
    const body = Buffer.alloc(31_000_000);
    expect((await fetch(`${gateway.url}/function/big`, { method: 'POST', body })).status).toBe(413);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const call = request(`${gateway.url}/function/big`, { method: 'POST' }, (res) =>
        resolve(res.statusCode),
      );
      // The gateway may cut the rest off once it has answered.
      call.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EPIPE' || error.code === 'ECONNRESET' ? resolve(413) : reject(error),
      );
      Readable.from([body.subarray(0, 16_000_000), body.subarray(16_000_000)]).pipe(call);
    });
    expect(status).toBe(413);
  });

  test('a function’s own limit is 413 as well', async () => {
    await gateway.ask('/system/functions', {
      method: 'POST',
      body: JSON.stringify({ service: 'small', image: 'echo', envVars: { MAX_BODY_BYTES: '1000' } }),
    });
    await gateway.waitForReplicas('small', 1);
    const answer = await fetch(`${gateway.url}/function/small`, { method: 'POST', body: 'x'.repeat(1001) });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toEqual({ error: expect.stringContaining('1000 bytes') });
  });
});

describe('what goes wrong', () => {
  test('an unknown function is 404', async () => {
    for (const name of ['none', '..', '%2e%2e', '', 'echo.other']) {
      expect((await fetch(`${gateway.url}/function/${name}/x`)).status).toBe(404);
    }
  });

  test('a replica that dies with a call in flight is 502: whether it was done is unknown', async () => {
    const answer = await fetch(`${gateway.url}/function/crash/now`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(502);
    expect(answer.headers.get('x-call-id')).toBeTruthy();
    // The next ones wait until it is back.
    const next = await Promise.all([1, 2, 3].map(() => fetch(`${gateway.url}/function/crash`)));
    expect(next.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  test('a function whose replicas do not come up is 503, and says when to come again', async () => {
    await gateway.ask('/system/functions', {
      method: 'POST',
      body: JSON.stringify({
        service: 'broken',
        image: 'echo',
        envVars: { NODE_OPTIONS: '--no-such-option' },
      }),
    });
    const answer = await fetch(`${gateway.url}/function/broken`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    await gateway.ask('/system/functions', {
      method: 'DELETE',
      body: JSON.stringify({ functionName: 'broken' }),
    });
  });

  test('a call that takes too long is 504', async () => {
    const impatient = await startGateway({ GATEWAY_UPSTREAM_TIMEOUT_MS: '1000' });
    try {
      await impatient.deploy('slow');
      expect((await fetch(`${impatient.url}/function/slow?ms=10000`)).status).toBe(504);
    } finally {
      await impatient.stop();
    }
  });

  test('a function that says how long it may take gets that long, and no longer', async () => {
    const impatient = await startGateway({ GATEWAY_UPSTREAM_TIMEOUT_MS: '1000' });
    try {
      await impatient.deploy('slow', { envVars: { exec_timeout: '4s' } });
      expect((await fetch(`${impatient.url}/function/slow?ms=2000`)).status).toBe(200);
      const late = await fetch(`${impatient.url}/function/slow?ms=20000`);
      expect([late.status, await late.json()]).toEqual([
        504,
        { error: expect.stringContaining('exec_timeout') },
      ]);
    } finally {
      await impatient.stop();
    }
  });

  test('more calls than a function wants at once are 429', async () => {
    await gateway.ask('/system/functions', {
      method: 'POST',
      body: JSON.stringify({ service: 'narrow', image: 'slow', envVars: { max_inflight: '2' } }),
    });
    await gateway.waitForReplicas('narrow', 1);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => fetch(`${gateway.url}/function/narrow?ms=300`)),
    );
    expect(answers.map((a) => a.status).sort()).toEqual([200, 200, 429, 429, 429, 429]);
  });
});

describe('hostile requests', () => {
  const raw = (text: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () => socket.write(text));
      let got = '';
      socket.on('data', (chunk) => {
        got += chunk;
      });
      socket.on('close', () => resolve(got));
      socket.on('error', () => resolve(got));
      socket.setTimeout(3000, () => socket.destroy());
    });

  test.each([
    [
      'two lengths',
      'POST /function/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde',
    ],
    [
      'length and chunks',
      'POST /function/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'an unknown coding',
      'POST /function/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    ],
    ['a space before the colon', 'GET /function/echo HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc'],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a header too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
  ])('%s are refused', async (_, text) => {
    expect(await raw(text)).toMatch(/^HTTP\/1\.1 4\d\d/);
  });

  test('bytes after a body are never taken for another call at the function', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    const answer = await raw(
      `GET /function/echo/first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    );
    expect(answer).toContain('"path":"/first"');
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    expect((await echo('/second')).seen.path).toBe('/second');
  });
});
