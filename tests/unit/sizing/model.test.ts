import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { costsOf } from '../../../infra/platform/sizing/costs.ts';
import { type Costs, needsOf } from '../../../infra/platform/sizing/model.ts';
import { sizingReport, withTables } from '../../../infra/platform/sizing/report.ts';

const costs: Costs = {
  topRate: 12_000,
  partitions: 6,
  cpuMicroseconds: { kafka: 10, connector: 10, functions: 30, mongodb: 20, clickhouse: 12 },
  bytes: { events_raw: 100, events_clean: 200, mongodb: 300, clickhouse: 50 },
};
const machines = { cores: 10, diskBytes: 1e12, use: 0.5 };

describe('needs', () => {
  test('follow from cost, rate and copies', () => {
    const needs = needsOf(costs, { eventsPerSecond: 100_000, eventsKept: 1e10 }, machines);
    // 100,000 × 10 µs are one processor; half used, three copies.
    expect(needs.processors).toEqual({ kafka: 6, connector: 2, functions: 6, mongodb: 12, clickhouse: 4.8 });
    expect(needs.connectors).toBe(2);
    // A partition was seen to deliver 2,000 a second; half used.
    expect(needs.partitions).toBe(100);
    expect(needs.diskBytes).toEqual({
      kafka: 100_000 * 86_400 * 7 * 300 * 3,
      mongodb: 1e10 * 300 * 3,
      clickhouse: 1e10 * 50 * 2,
    });
    // Disk decides: 54.4 TB on half of 1 TB each.
    expect(needs.brokers).toBe(109);
    expect(needs.mongodbShards).toBe(6);
    expect(needs.clickhouseShards).toBe(1);
  });

  test('never fall below what a cluster is', () => {
    const needs = needsOf(costs, { eventsPerSecond: 1, eventsKept: 1 }, machines);
    expect(needs).toMatchObject({
      brokers: 3,
      partitions: 6,
      connectors: 2,
      mongodbShards: 1,
      clickhouseShards: 1,
    });
  });

  test('grow with the load', () => {
    const at = (eventsPerSecond: number) => needsOf(costs, { eventsPerSecond, eventsKept: 1e9 }, machines);
    expect(at(1_000_000).connectors).toBe(20);
    expect(at(1_000_000).partitions).toBe(1000);
  });
});

test('costs of an event: brokers and functions together, what stands aside left out', () => {
  const saved = {
    events: 1e6,
    storedSeconds: 100,
    cpuSeconds: { 'kafka-1': 4, 'kafka-2': 2, supervisor: 9, gateway: 3, transform: 4, 'mongo-write': 1 },
  };
  expect(costsOf(saved, costs.bytes, 6)).toEqual({
    topRate: 10_000,
    partitions: 6,
    cpuMicroseconds: { kafka: 6, gateway: 3, functions: 5 },
    bytes: costs.bytes,
  });
});

test('the report is whole', () => {
  const report = sizingReport(costs);
  expect(report).not.toMatch(/undefined|NaN/);
  for (const line of report.split('\n').filter((text) => text.startsWith('|'))) {
    expect(line).toMatch(/\|$/);
  }
});

test('the tables take the place of the last ones in the page, and nothing else changes', () => {
  const page = readFileSync('docs/sizing.md', 'utf8');
  const once = withTables(page, 'first');
  expect(withTables(once, 'second')).toBe(once.replace('first', 'second'));
  expect(once).toContain('# Sizing');
  expect(() => withTables('# Sizing', 'first')).toThrow(/no place for the tables/);
});
