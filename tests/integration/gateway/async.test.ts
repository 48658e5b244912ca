import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { createKafka, makeTopics } from '../../../shared/clients/kafka/index.ts';
import { engines } from '../../support/engines.ts';
import { eventually } from '../../support/eventually.ts';
import { unique } from '../../support/names.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

// Processes start and stop here; on a busy machine that takes its time.
jest.setTimeout(120_000);

let gateway: TestGateway;
let callbacks: Server;
let callbackUrl: string;
const received: { headers: IncomingHttpHeaders; body: string; url: string | undefined }[] = [];
const topic = unique('async');

beforeAll(async () => {
  const kafka = createKafka({
    bootstrapServers: engines().kafka,
    clientId: 'test',
    log: pino({ level: 'silent' }),
  });
  const admin = kafka.admin();
  await admin.connect();
  await makeTopics(admin, [{ topic, numPartitions: 2 }]);
  await admin.disconnect();
  callbacks = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body, url: request.url });
      response.end();
    });
  });
  await new Promise<void>((listening) => callbacks.listen(0, '127.0.0.1', () => listening()));
  callbackUrl = `http://127.0.0.1:${(callbacks.address() as AddressInfo).port}/took?it=1`;
  gateway = await startGateway({ KAFKA_BOOTSTRAP_SERVERS: engines().kafka, ASYNC_TOPIC: topic });
  await gateway.deploy('flaky', {
    envVars: { JOURNAL: join(gateway.dataDir, 'journal') },
    annotations: { 'com.openfaas.retry.min_wait': '100ms' },
  });
});
afterAll(async () => {
  callbacks?.close();
  await gateway?.stop();
});

const later = (path: string, init: RequestInit = {}) =>
  fetch(`${gateway.url}/async-function/flaky${path}`, { method: 'POST', ...init });
const journal = () => {
  const file = join(gateway.dataDir, 'journal');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};

test('a call is accepted, made, and its answer sent to the callback address', async () => {
  const answer = await later('/once?x=1', {
    body: 'hello',
    headers: { 'x-callback-url': callbackUrl, 'x-mine': 'y' },
  });
  expect(answer.status).toBe(202);
  const callId = answer.headers.get('x-call-id');
  expect(callId).toBeTruthy();
  const callback = await eventually(() => {
    const found = received.find(({ headers }) => headers['x-call-id'] === callId);
    if (found === undefined) throw new Error('no callback yet');
    return found;
  });
  expect(callback).toMatchObject({
    url: '/took?it=1',
    body: 'done hello',
    headers: { 'x-function-name': 'flaky', 'x-function-status': '201', 'content-type': 'text/plain' },
  });
  expect(Number(callback.headers['x-duration-seconds'])).toBeGreaterThan(0);
});

test('a call that fails is made again', async () => {
  await later('/again?fail=2');
  await eventually(() => expect(journal().filter((line) => line === '/again').length).toBe(3));
  await eventually(async () => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(text).toMatch(/gateway_async_calls_total\{.*function_name="flaky",outcome="ok"\} \d/);
    expect(text).toMatch(/gateway_async_queue_depth\{part="gateway"\} 0/);
  });
});

test('what was accepted is made, also when the gateway is killed in between; what was done is not done again', async () => {
  const paths = Array.from({ length: 60 }, (_, i) => `/many/${i}`);
  // The first of all takes so long that the positions cannot pass it.
  await later('/long?ms=3000');
  await Promise.all(paths.map(async (path) => expect((await later(path)).status).toBe(202)));
  await eventually(() => expect(journal().filter((line) => line.startsWith('/many/')).length).toBe(60));
  // Positions are committed every half second.
  await new Promise((done) => setTimeout(done, 1200));
  await later('/last');
  await gateway.kill('SIGKILL');
  await gateway.restart();
  await eventually(
    () => {
      const lines = journal();
      expect(lines.filter((line) => line === '/last').length).toBeGreaterThanOrEqual(1);
      expect(lines.filter((line) => line === '/long').length).toBeGreaterThanOrEqual(1);
    },
    { timeoutMs: 45_000 },
  );
  for (const path of paths) expect(journal().filter((line) => line === path).length).toBe(1);
});

test.each([
  ['/async-function/none', {}, 404],
  ['/async-function/flaky', { 'x-callback-url': 'file:///etc/passwd' }, 400],
  ['/async-function/flaky', { 'x-callback-url': 'http://' }, 400],
])('%s %j: %i', async (path, headers, status) => {
  expect(
    (await fetch(gateway.url + path, { method: 'POST', headers: headers as Record<string, string> })).status,
  ).toBe(status);
});

test('a body that does not fit in the queue is 413', async () => {
  expect((await later('/', { body: Buffer.alloc(11_000_000) })).status).toBe(413);
});

test('without Kafka a call is refused with 503', async () => {
  const alone = await startGateway();
  try {
    await alone.deploy('slow');
    const answer = await fetch(`${alone.url}/async-function/slow`, { method: 'POST' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
  } finally {
    await alone.stop();
  }
});
