import { counter, eventHistogram, histogram, latencyBuckets } from '../metrics/index.ts';
import type { SinkRecord } from './read-range.ts';

const duration = histogram({
  name: 'store_write_duration_seconds',
  help: 'Time of one write of a range',
  labels: ['store'],
});
const rows = counter({
  name: 'store_rows_total',
  help: 'Events that a store has acknowledged, repeats of a range included',
  labels: ['store'],
});
const errors = counter({
  name: 'store_errors_total',
  help: 'Writes that failed, and records that were refused, by reason',
  labels: ['store', 'reason'],
});
const latency = eventHistogram({
  name: 'event_stored_latency_seconds',
  help: 'From the Kafka time of the event in events_raw to its acknowledgement by the store, event by event',
  labels: ['store'],
  buckets: latencyBuckets,
});

/** What a sink reports about its store. */
export interface SinkMetrics {
  /** A range was acknowledged; times in milliseconds since 1970. */
  stored(records: readonly SinkRecord[], times: { startedAtMs: number; endedAtMs: number }): void;
  failed(reason: string): void;
  refused(count: number): void;
}

export function createSinkMetrics(store: 'mongodb' | 'clickhouse'): SinkMetrics {
  const label = { store };
  const stored = latency.labels(label);
  return {
    stored(records, { startedAtMs, endedAtMs }) {
      duration.observe(label, (endedAtMs - startedAtMs) / 1000);
      rows.inc(label, records.length);
      for (const { receivedAtMs } of records) stored.observe(Math.max(0, endedAtMs - receivedAtMs) / 1000);
    },
    failed: (reason) => errors.inc({ store, reason }),
    refused: (count) => errors.inc({ store, reason: 'refused_record' }, count),
  };
}
