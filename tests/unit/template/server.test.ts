import { afterEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import {
  createFunctionServer,
  type FunctionServer,
  type Handler,
} from '../../../template/node24-batch/server.ts';
import { readWrapperSettings } from '../../../template/node24-batch/settings.ts';

const started: FunctionServer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop({ lingerMs: 0, graceMs: 1000 })));
});

async function serve(
  handler: Handler,
  onlyBatches = false,
): Promise<{ server: FunctionServer; url: string }> {
  const server = createFunctionServer({
    functionName: 'f',
    handler,
    onlyBatches,
    takesBytes: false,
    log: pino({ enabled: false }),
    maxBodyBytes: 1_000_000,
    maxInFlight: 0,
    execTimeoutMs: 0,
  });
  return { server, url: `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}` };
}

const batch = JSON.stringify({
  eventSource: 'SelfManagedKafka',
  bootstrapServers: '',
  records: { 't-0': [] },
});

describe('a function that takes only batches', () => {
  test('answers 400 to any other call, and says what it takes', async () => {
    const { server, url } = await serve(() => ({ batchItemFailures: [] }), true);
    started.push(server);
    const plain = await fetch(url, { method: 'POST', body: '{}' });
    expect([plain.status, await plain.text()]).toEqual([400, expect.stringContaining('SelfManagedKafka')]);
    expect((await fetch(url)).status).toBe(400);
    expect((await fetch(url, { method: 'POST', body: batch })).status).toBe(200);
    expect(
      (await fetch(url, { method: 'POST', body: 'x', headers: { 'x-topic': 't', 'x-kafka-offset': '1' } }))
        .status,
    ).toBe(200);
  });
});

describe('stopping', () => {
  test('behind a watchdog, calls are taken for as long as it sends them, though it is not ready', async () => {
    const { server, url } = await serve(() => 'done');
    const stopped = server.stop({ lingerMs: 1500, graceMs: 1000 });
    expect((await fetch(`${url}/_/ready`)).status).toBe(503);
    expect((await fetch(`${url}/_/health`)).status).toBe(200);
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await stopped;
    await expect(fetch(url)).rejects.toThrow();
  });

  test('calls in flight are finished; those that do not end are told', async () => {
    let told = false;
    let begun: () => void = () => {};
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { server, url } = await serve((_event, { signal }) => {
      begun();
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          told = true;
          resolve('ended');
        });
      });
    });
    const call = fetch(url);
    await beginning;
    await server.stop({ lingerMs: 0, graceMs: 20 });
    expect([told, (await call).status]).toEqual([true, 200]);
  });
});

describe('settings', () => {
  test('an image’s name is OpenFaaS’s, and it outlives its watchdog', () => {
    const settings = readWrapperSettings({ OPENFAAS_NAME: 'ingest', healthcheck_interval: '5s' });
    expect(settings).toMatchObject({ functionName: 'ingest', lingerMs: 6000 });
    expect(readWrapperSettings({})).toMatchObject({ functionName: 'function', lingerMs: 0 });
  });
});
