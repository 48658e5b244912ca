import { collectProcessMetrics, counter, Gauge, histogram, registry } from '../../../shared/metrics/index.ts';
import type { EngineError } from './engine/engine-error.ts';

/** What the server counts about its work. */
export interface ServerMetrics {
  queryEnded(query: { kind: string; startedAt: bigint; error?: EngineError }): void;
  inserted(insert: { rows: number; bytes: number }): void;
}

/** What the engine tells of itself, by the names of its table `system.metrics`. */
export const engineGauges = [
  { name: 'clickhouse_memory_bytes', help: 'Memory that the engine has taken', metric: 'MemoryTracking' },
  { name: 'clickhouse_parts', help: 'Active parts of all tables', metric: 'PartsActive' },
  { name: 'clickhouse_merges', help: 'Merges that run now', metric: 'Merge' },
] as const;

/** Registers the metrics; `running` and `engine` are asked at each scrape. */
export function createMetrics({
  running,
  engine,
}: {
  running: () => number;
  /** Numbers of the engine, by its names. */
  engine: () => Promise<Record<string, number>>;
}): ServerMetrics {
  collectProcessMetrics();
  const queries = counter({
    name: 'clickhouse_queries_total',
    help: 'Requests for queries by kind of statement and exception (none: it succeeded)',
    labels: ['kind', 'exception'],
  });
  const durations = histogram({
    name: 'clickhouse_query_duration_seconds',
    help: 'Time from the request to the last byte given to the socket, by kind of statement',
    labels: ['kind'],
  });
  const rows = counter({
    name: 'clickhouse_inserted_rows_total',
    help: 'Rows written by inserts, those of materialized views included',
  });
  const bytes = counter({ name: 'clickhouse_inserted_bytes_total', help: 'Bytes of the data of inserts' });
  new Gauge({
    name: 'clickhouse_running_queries',
    help: 'Queries that run now',
    registers: [registry],
    collect() {
      this.set(running());
    },
  });
  // One question to the engine a scrape, whichever of its gauges is collected first.
  let numbers: Promise<Record<string, number>> | undefined;
  const asked = () => {
    numbers ??= engine().finally(() => {
      numbers = undefined;
    });
    return numbers;
  };
  for (const { name, help, metric } of engineGauges) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set((await asked())[metric] ?? Number.NaN);
      },
    });
  }
  return {
    queryEnded: ({ kind, startedAt, error }) => {
      queries.inc({ kind, exception: error?.type ?? 'none' });
      durations.observe({ kind }, Number(process.hrtime.bigint() - startedAt) / 1e9);
    },
    inserted: (insert) => {
      rows.inc(insert.rows);
      bytes.inc(insert.bytes);
    },
  };
}
