import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

// Processes start and stop here; on a busy machine that takes its time.
jest.setTimeout(120_000);

let gateway: TestGateway;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => {
  agent.destroy();
  await gateway.stop();
});

type Result = { status: number; body: string };

function call(path: string): Promise<Result> {
  return new Promise((resolve) => {
    const sent = request(`${gateway.url}/function/${path}`, { agent, method: 'POST' }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on('error', (error) => resolve({ status: 0, body: error.message }));
    });
    sent.on('error', (error) => resolve({ status: 0, body: error.message }));
    sent.end('{}');
  });
}

/** Calls `path` at a steady rate until it is stopped; all results. */
function load(path: string, perSecond: number): () => Promise<Result[]> {
  const calls: Promise<Result>[] = [];
  const begun = performance.now();
  const timer = setInterval(() => {
    while (calls.length < ((performance.now() - begun) / 1000) * perSecond) calls.push(call(path));
  }, 10);
  return () => {
    clearInterval(timer);
    return Promise.all(calls);
  };
}

const pidOf = async (name: string) => JSON.parse((await call(name)).body).pid as number;

const update = (service: string, envVars: Record<string, string>, image = service) =>
  gateway.ask('/system/functions', { method: 'PUT', body: JSON.stringify({ service, image, envVars }) });

const scale = (name: string, replicas: number) =>
  gateway.ask(`/system/scale-function/${name}`, { method: 'POST', body: JSON.stringify({ replicas }) });

test('a rolling update under 200 calls/s fails none', async () => {
  await gateway.deploy('slow', { envVars: { VERSION: '0' } });
  await scale('slow', 2);
  await gateway.waitForReplicas('slow', 2);
  const stop = load('slow?ms=20', 200);
  for (const version of ['1', '2']) {
    await update('slow', { VERSION: version });
    await eventually(async () => {
      expect(await gateway.status('slow')).toMatchObject({ updatedReplicas: 2, availableReplicas: 2 });
    });
    await delay(300);
  }
  const results = await stop();
  expect(results.filter((r) => r.status !== 200)).toEqual([]);
  expect(results.length).toBeGreaterThan(200);
  expect(new Set(results.map((r) => JSON.parse(r.body).version))).toEqual(new Set(['0', '1', '2']));
});

test('scaling up and down under load fails none', async () => {
  const stop = load('slow?ms=20', 100);
  for (const count of [4, 1, 3]) {
    await scale('slow', count);
    await gateway.waitForReplicas('slow', count);
  }
  const results = await stop();
  expect(results.filter((r) => r.status !== 200)).toEqual([]);
});

test('kill -9 of a replica under load fails at most the calls in flight on it; it comes back', async () => {
  await scale('slow', 2);
  await gateway.waitForReplicas('slow', 2);
  const stop = load('slow?ms=50', 100);
  await delay(500);
  process.kill(await pidOf('slow?ms=0'), 'SIGKILL');
  await delay(300);
  await gateway.waitForReplicas('slow', 2);
  const results = await stop();
  const failed = results.filter((r) => r.status !== 200);
  // 100 calls/s of 50 ms over two replicas: about 3 were in flight on each.
  expect(failed.length).toBeLessThanOrEqual(12);
  for (const { status } of failed) expect(status).toBe(502);
});

test('a function that ends at start is tried again with backoff; the version before it serves on', async () => {
  await gateway.deploy('crash');
  const pid = await pidOf('crash');
  await update('crash', { CRASH_AT_START: '1' });
  await delay(1500);
  expect(await gateway.status('crash')).toMatchObject({ availableReplicas: 1, updatedReplicas: 0 });
  expect(await pidOf('crash')).toBe(pid);
  await update('crash', {});
  await eventually(async () => expect(await gateway.status('crash')).toMatchObject({ updatedReplicas: 1 }));
  expect(await pidOf('crash')).not.toBe(pid);
});

test('scaled to zero, a function wakes on a call', async () => {
  await scale('slow', 0);
  await gateway.waitForReplicas('slow', 0);
  expect((await call('slow')).status).toBe(200);
  expect(await gateway.status('slow')).toMatchObject({ replicas: 1, availableReplicas: 1 });
});

test('an idle function whose labels allow it is scaled to zero, and wakes on a call', async () => {
  await gateway.deploy('idler', {
    image: 'slow',
    labels: { 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.zero-duration': '1s' },
  });
  await eventually(async () => {
    expect(await gateway.status('idler')).toMatchObject({ replicas: 0, availableReplicas: 0 });
  });
  expect((await call('idler')).status).toBe(200);
});

describe('the gateway itself', () => {
  test('kill -9: its replicas end, and the next one has every function again', async () => {
    await scale('slow', 2);
    await gateway.waitForReplicas('slow', 2);
    const before = (await (await gateway.ask('/system/functions')).json()) as { name: string }[];
    const pid = await pidOf('slow?ms=0');
    await gateway.kill('SIGKILL');
    await eventually(() => expect(isAlive(pid)).toBe(false));
    await gateway.restart();
    await gateway.waitForReplicas('slow', 2);
    const after = (await (await gateway.ask('/system/functions')).json()) as { name: string }[];
    const kept = ({ name, image, replicas, createdAt }: Record<string, unknown>) => ({
      name,
      image,
      replicas,
      createdAt,
    });
    expect(after.map(kept)).toEqual(before.map(kept));
    expect((await call('slow')).status).toBe(200);
  });

  test('SIGTERM: calls in flight are finished', async () => {
    const pid = await pidOf('slow?ms=0');
    const inFlight = call('slow?ms=1500');
    await delay(200);
    const stopped = gateway.kill('SIGTERM');
    expect((await inFlight).status).toBe(200);
    await stopped;
    expect(isAlive(pid)).toBe(false);
    await gateway.restart();
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
