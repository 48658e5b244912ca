import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { collectProcessMetrics, type Registry, registry } from '../../shared/metrics/index.ts';
import { createKeeperMetrics } from '../claims/metrics.ts';
import { createMetrics as createClickhouseMetrics } from '../embedded/clickhouse/metrics.ts';
import { upMetric } from '../gateway/metrics/collect.ts';
import { createGatewayMetrics } from '../gateway/metrics/gateway-metrics.ts';
import { platformMetrics } from '../platform/supervisor/metrics.ts';

export interface Metric {
  name: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary';
  help: string;
  labels: readonly string[];
  /** Upper bounds of a histogram. */
  buckets?: readonly number[];
}

export interface MetricSection {
  title: string;
  metrics: readonly Metric[];
}

const root = resolve(import.meta.dirname, '../..');

/**
 * Every metric of the code, by what tells it: loads whatever registers metrics, as its process does, and looks what
 * came to be. Nothing is started by that.
 */
export async function metricSections(): Promise<MetricSection[]> {
  const seen = new Set<string>();
  const added = (from: Registry = registry): Metric[] => {
    const found = from.getMetricsAsArray() as unknown as Registered[];
    const fresh = found.filter(({ name }) => !seen.has(name));
    if (from === registry) for (const { name } of fresh) seen.add(name);
    return fresh.map(metricOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  const load = (path: string) => import(pathToFileURL(join(root, path)).href);

  await load('shared/trace/exporter.ts');
  const traces = added();
  const wrapper = await load('template/node24-batch/server.ts').then(() => added());
  createGatewayMetrics();
  const gateway = added();
  await load('infra/connector/metrics.ts');
  const connector = added();
  createKeeperMetrics();
  const claims = added();
  await load('infra/autoscaler/autoscaler.ts');
  const autoscaler = added();
  collectProcessMetrics();
  const processes = added();
  createClickhouseMetrics({ running: () => 0, engine: async () => ({}) });
  const clickhouse = added();
  await load('shared/sink/metrics.ts');
  const stores = added();
  const functions: Metric[] = [];
  for (const name of readdirSync(join(root, 'functions')).sort()) {
    await load(`functions/${name}/handler.ts`);
    functions.push(...added());
  }
  return [
    { title: 'Who answers', metrics: [upMetric] },
    { title: 'Connector', metrics: connector },
    { title: 'Keeper of claims', metrics: claims },
    { title: 'Stores, as the functions see them that write', metrics: stores },
    { title: 'Functions, each its own', metrics: functions },
    { title: 'Functions, all of them', metrics: wrapper },
    { title: 'Gateway', metrics: gateway },
    { title: 'Autoscaler', metrics: autoscaler },
    { title: 'Supervisor, about every part', metrics: added(platformMetrics().registry) },
    { title: 'Embedded ClickHouse', metrics: clickhouse },
    { title: 'Every process of ours', metrics: [...processes, ...traces] },
  ];
}

/** What prom-client keeps of a metric. */
interface Registered {
  name: string;
  help: string;
  labelNames: readonly string[];
  upperBounds?: readonly number[];
  type?: Metric['type'];
}

function metricOf({ name, help, labelNames, upperBounds, type }: Registered): Metric {
  return {
    name,
    type: type ?? (upperBounds ? 'histogram' : 'gauge'),
    help,
    labels: labelNames.filter((label) => label !== 'le'),
    ...(upperBounds && { buckets: upperBounds }),
  };
}
