import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

// Processes start and stop here; on a busy machine that takes its time.
jest.setTimeout(120_000);

let gateway: TestGateway;
let target: Server;

beforeAll(async () => {
  target = createServer((request, response) => {
    if (request.url === '/metrics') response.end('# TYPE rows_total counter\nrows_total{store="x"} 5\n');
    // `/silent` is never answered.
  });
  await new Promise<void>((listening) => target.listen(0, '127.0.0.1', () => listening()));
  const port = (target.address() as AddressInfo).port;
  gateway = await startGateway({
    METRICS_TARGETS: `store=http://127.0.0.1:${port}/metrics,gone=http://127.0.0.1:${await freePort()}/metrics,silent=http://127.0.0.1:${port}/silent`,
  });
});
afterAll(async () => {
  await gateway.stop();
  target.closeAllConnections();
  target.close();
});

const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text();

test('the clock calls a function through the gateway', async () => {
  await gateway.deploy('slow', {
    annotations: { topic: 'cron-function', schedule: '* * * * * *' },
  });
  await eventually(async () => {
    const text = await metrics();
    expect(Number(/gateway_cron_runs_total\{.*outcome="ok"\} (\d+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(
      2,
    );
    expect(text).toMatch(
      /gateway_function_invocation_total\{part="gateway",function_name="slow",code="200"\} \d/,
    );
  });
  await gateway.ask('/system/functions', {
    method: 'PUT',
    body: JSON.stringify({ service: 'slow', image: 'slow', annotations: {} }),
  });
  expect((await gateway.status('slow')).annotations).toEqual({});
});

test('one text holds the gateway’s, the replicas’ and the other parts’ metrics', async () => {
  await gateway.deploy('echo');
  await fetch(`${gateway.url}/function/echo`);
  const begun = performance.now();
  const text = await metrics();
  expect(performance.now() - begun).toBeLessThan(3000);
  const lines = text.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'up{part="gateway"} 1',
      'up{part="store"} 1',
      'up{part="gone"} 0',
      'up{part="silent"} 0',
      'rows_total{part="store",store="x"} 5',
      'gateway_service_count{part="gateway",function_name="echo"} 1',
      expect.stringMatching(
        /^function_requests_total\{function_name="echo",replica="echo-\d+",code="200"\} 1$/,
      ),
      expect.stringMatching(/^process_resident_memory_bytes\{function_name="echo",replica="echo-\d+"\} \d+$/),
      expect.stringMatching(/^process_resident_memory_bytes\{part="gateway"\} \d+$/),
    ]),
  );
  const types = lines.filter((line) => line.startsWith('# TYPE'));
  expect(new Set(types).size).toBe(types.length);
});
