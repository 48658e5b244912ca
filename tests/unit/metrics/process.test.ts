import { expect, test } from '@jest/globals';
import { Registry } from '../../../shared/metrics/index.ts';
import { parseMetrics } from '../../../shared/metrics/parse.ts';
import { addProcessMetrics } from '../../../shared/metrics/process.ts';
import { eventually } from '../../support/eventually.ts';

const registry = new Registry();
addProcessMetrics(registry);

async function read(): Promise<Map<string, number>> {
  return new Map(parseMetrics(await registry.metrics()).map(({ name, value }) => [name, value]));
}

test('processor time is that of the process up to now, and the sum of its two kinds', async () => {
  await read();
  const before = process.cpuUsage();
  const found = await read();
  const after = process.cpuUsage();
  const total = found.get('process_cpu_seconds_total') as number;
  expect(total * 1e6).toBeGreaterThanOrEqual(before.user + before.system - 1);
  expect(total * 1e6).toBeLessThanOrEqual(after.user + after.system + 1);
  const user = found.get('process_cpu_user_seconds_total') as number;
  expect(user + (found.get('process_cpu_system_seconds_total') as number)).toBeCloseTo(total, 5);
});

test('an event loop that is held up is late', async () => {
  await eventually(async () => {
    const untilMs = performance.now() + 500;
    while (performance.now() < untilMs);
    expect((await read()).get('nodejs_eventloop_lag_max_seconds')).toBeGreaterThan(0.2);
  });
});

test('memory that is taken is seen', async () => {
  const before = (await read()).get('nodejs_external_memory_bytes') as number;
  const taken = Buffer.alloc(64 * 1024 * 1024);
  const after = (await read()).get('nodejs_external_memory_bytes') as number;
  expect(after - before).toBeGreaterThan(taken.length / 2);
});
