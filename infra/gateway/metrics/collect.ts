import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { registry } from '../../../shared/metrics/index.ts';
import { parseMetrics } from '../../../shared/metrics/parse.ts';
import type { Provider } from '../provider/provider.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { labelText, type MetricsSource, mergeMetrics } from './merge.ts';

export interface MetricsTarget {
  part: string;
  url: string;
}

/** `connector=http://…/metrics,clickhouse=http://…` as targets. */
export function readTargets(text: string | undefined): MetricsTarget[] {
  return (text ?? '')
    .split(',')
    .filter((target) => target !== '')
    .map((target) => {
      const mark = target.indexOf('=');
      return { part: target.slice(0, mark), url: target.slice(mark + 1) };
    });
}

/**
 * Everything there is to know, as one Prometheus text: the gateway's own metrics, those of every replica (labels
 * `function_name`, `replica`) and of every target (label `part`). Who does not answer within a second is left
 * out; `up` says so.
 */
export function createMetricsCollector({
  provider,
  metrics,
  targets,
  queueDepth,
  timeoutMs = 1000,
}: {
  provider: Provider;
  metrics: GatewayMetrics;
  targets: readonly MetricsTarget[];
  /** Undefined while it cannot be told. */
  queueDepth: () => Promise<number | undefined>;
  timeoutMs?: number;
}): () => Promise<string> {
  return async () => {
    const functions = provider.list();
    metrics.setReplicas(
      functions.map((f) => ({ name: f.deployment.service, available: f.available, desired: f.desired })),
    );
    const replicas = functions.flatMap((f) =>
      f.replicas
        .filter((replica) => replica.state === 'ready')
        .map(async (replica) => ({
          labels: { function_name: f.deployment.service, replica: replica.id },
          text: await fetchText(`http://127.0.0.1:${replica.port}/metrics`, timeoutMs),
        })),
    );
    const parts = targets.map(async ({ part, url }) => ({
      labels: { part },
      text: await fetchText(url, timeoutMs),
    }));
    metrics.setAsyncDepth(await within(timeoutMs, queueDepth()));
    const [own, ofReplicas, ofParts] = await Promise.all([
      registry.metrics(),
      Promise.all(replicas),
      Promise.all(parts),
    ]);
    const sources = [{ labels: { part: 'gateway' }, text: own }, ...ofReplicas, ...ofParts];
    return mergeMetrics([
      ...sources.flatMap(({ labels, text }): MetricsSource[] =>
        text === undefined ? [] : [{ labels, text }],
      ),
      { labels: {}, text: upText(sources) },
    ]);
  };
}

/** Who answers; parts without metrics of their own are up when their supervisor says so. */
export const upMetric = {
  name: 'up',
  help: '1 if the part or replica gave its metrics within a second, or, having none, passes its health check',
  type: 'gauge',
  labels: ['part', 'function_name', 'replica'],
} as const;

export function upText(
  sources: readonly { labels: Readonly<Record<string, string>>; text: string | undefined }[],
): string {
  const asked = new Set(sources.map(({ labels }) => labels.part));
  const supervised = sources
    .flatMap(({ text }) =>
      text?.includes('part_up{') ? parseMetrics(text, (name) => name === 'part_up') : [],
    )
    .filter(({ labels }) => !asked.has(labels.part));
  const { name, help, type } = upMetric;
  const all = [
    ...sources.map(({ labels, text }) => ({ labels, value: text === undefined ? 0 : 1 })),
    ...supervised,
  ];
  const lines = all.map(({ labels, value }) => `${name}{${labelText(Object.entries(labels))}} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
}

async function within<T>(timeoutMs: number, asked: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
  return Promise.race([asked, late]).finally(() => timer.abort());
}

async function fetchText(url: string, timeoutMs: number): Promise<string | undefined> {
  try {
    // `fetch` takes twice the processor time, and this is done for every part, mostly each second.
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(timeoutMs) });
    const text = await body.text();
    return statusCode === 200 ? text : undefined;
  } catch {
    // Why it is silent is its own log's matter; here it is down.
    return undefined;
  }
}
