import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeMetrics {
  url: string;
  /** Lag of mongo-write on partition 2, the one that is stuck. */
  stuckLag: number;
  /** Events a second that everything moves. */
  perSecond: number;
  close(): Promise<void>;
  /** Takes requests and answers none, as a stopped process does. */
  freeze(frozen: boolean): void;
}

const consumers = [
  ['transform', 'events_raw'],
  ['mongo-write', 'events_clean'],
  ['clickhouse-write', 'events_clean'],
] as const;

/** The metrics of a connector and two stores through which events flow at a steady rate. */
export async function startFakeMetrics({ perSecond = 1200 } = {}): Promise<FakeMetrics> {
  const begunMs = Date.now();
  let frozen = false;
  const server = createServer((_request, response) => {
    if (!frozen) response.end(textAt((Date.now() - begunMs) / 1000, self));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: FakeMetrics = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    stuckLag: 14_000,
    perSecond,
    freeze: (on) => {
      frozen = on;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return self;
}

function textAt(seconds: number, { stuckLag, perSecond }: FakeMetrics): string {
  const events = Math.floor(seconds * perSecond);
  const rejected = Math.floor(events / 100);
  // A tenth is there twice.
  const lines = [
    `transform_events_total{outcome="clean"} ${Math.floor(events * 0.9)}`,
    `generate_events_total{kind="valid"} ${events}`,
    'process_resident_memory_bytes 123456789',
    'connector_partition_paused{function="mongo-write",topic="events_clean",partition="2",reason="asked"} 1',
  ];
  for (const [name, topic] of consumers) {
    const dead = name === 'transform' ? rejected : 0;
    const batches = Math.floor(events / 60);
    lines.push(
      `connector_records_total{function="${name}",outcome="received"} ${events}`,
      `connector_records_total{function="${name}",outcome="delivered"} ${events - dead}`,
      `connector_dead_letters_total{function="${name}",reason="permanent"} ${dead}`,
      ...histogram('connector_batch_size', `function="${name}"`, { 50: 0.3, 100: 1 }, batches, batches * 60),
      ...histogram(
        'connector_call_duration_seconds',
        `function="${name}"`,
        { 0.025: 0.97, 0.1: 1 },
        batches,
        1,
      ),
      ...partitions(name, topic, 6, stuckLag),
      ...partitions(name, `${name}.retry`, 3, stuckLag),
    );
  }
  for (const store of ['mongodb', 'clickhouse']) {
    lines.push(
      `store_rows_total{store="${store}"} ${events}`,
      ...histogram('store_write_duration_seconds', `store="${store}"`, { 0.05: 1 }, events, 1),
      ...histogram(
        'event_stored_latency_seconds',
        `store="${store}"`,
        { 0.1: 0.7, 0.3: 0.98, 0.5: 1 },
        events,
        1,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

function partitions(name: string, topic: string, count: number, stuckLag: number): string[] {
  return Array.from({ length: count }, (_, partition) => {
    const stuck = name === 'mongo-write' && topic === 'events_clean' && partition === 2;
    const labels = `function="${name}",topic="${topic}",partition="${partition}"`;
    const lag = stuck ? stuckLag : topic.endsWith('.retry') ? 0 : partition * 7;
    return `connector_lag_records{${labels}} ${lag}\nconnector_lag_seconds{${labels}} ${stuck ? 45 : lag / 100}`;
  });
}

function histogram(
  name: string,
  labels: string,
  shares: Record<string, number>,
  count: number,
  sum: number,
): string[] {
  const buckets = Object.entries(shares)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([bound, share]) => `${name}_bucket{${labels},le="${bound}"} ${Math.floor(count * share)}`);
  return [
    ...buckets,
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${count}`,
  ];
}
