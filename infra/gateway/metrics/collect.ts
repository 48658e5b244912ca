import { setTimeout as delay } from 'node:timers/promises';
import { registry } from '../../../shared/metrics/index.ts';
import type { Provider } from '../provider/provider.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { escapeLabel, type MetricsSource, mergeMetrics } from './merge.ts';

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
 * out; `up{part}` says so.
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
        .map(async (replica): Promise<MetricsSource | undefined> => {
          const text = await fetchText(`http://127.0.0.1:${replica.port}/metrics`, timeoutMs);
          if (text === undefined) return undefined;
          return { labels: { function_name: f.deployment.service, replica: replica.id }, text };
        }),
    );
    const parts = targets.map(async ({ part, url }) => ({ part, text: await fetchText(url, timeoutMs) }));
    metrics.setAsyncDepth(await within(timeoutMs, queueDepth()));
    const [own, ofReplicas, ofParts] = await Promise.all([
      registry.metrics(),
      Promise.all(replicas),
      Promise.all(parts),
    ]);
    return mergeMetrics([
      { labels: { part: 'gateway' }, text: own },
      ...ofReplicas.filter((source) => source !== undefined),
      ...ofParts.flatMap(({ part, text }) => (text === undefined ? [] : [{ labels: { part }, text }])),
      { labels: {}, text: upText([{ part: 'gateway', text: own }, ...ofParts]) },
    ]);
  };
}

function upText(parts: readonly { part: string; text: string | undefined }[]): string {
  const lines = parts.map(
    ({ part, text }) => `up{part="${escapeLabel(part)}"} ${text === undefined ? 0 : 1}`,
  );
  return ['# HELP up 1 if the part gave its metrics within a second', '# TYPE up gauge', ...lines].join('\n');
}

async function within<T>(timeoutMs: number, asked: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
  return Promise.race([asked, late]).finally(() => timer.abort());
}

async function fetchText(url: string, timeoutMs: number): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    // Why it is silent is its own log's matter; here it is down.
    return undefined;
  }
}
