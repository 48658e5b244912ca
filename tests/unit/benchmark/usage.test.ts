import { expect, test } from '@jest/globals';
import { createCpuCounter, memoryOf } from '../../../infra/platform/benchmark/usage.ts';

const reading = (name: string, process: string, cpuSeconds: number, residentBytes = 0) => ({
  name,
  process,
  cpuSeconds,
  residentBytes,
});

test('processor time counts from the first reading, over restarts and new replicas', () => {
  const counter = createCpuCounter();
  counter.read([reading('connector', '1', 100), reading('transform', 't/1', 5)]);
  counter.read([reading('connector', '1', 103), reading('transform', 't/1', 6)]);
  counter.read([
    reading('connector', '2', 2),
    reading('transform', 't/1', 1),
    reading('transform', 't/2', 4),
  ]);
  expect(Object.fromEntries(counter.seconds())).toEqual({ connector: 5, transform: 6 });
});

test('memory is that of all replicas together', () => {
  expect(memoryOf([reading('transform', 't/1', 0, 10), reading('transform', 't/2', 0, 20)])).toEqual({
    transform: 30,
  });
});
