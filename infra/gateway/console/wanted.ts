const counters = [
  'gateway_function_invocation_total',
  'connector_records_total',
  'connector_batches_total',
  'connector_retries_total',
  'connector_dead_letters_total',
  'store_rows_total',
  'store_errors_total',
  'ingest_events_total',
  'generate_events_total',
  'transform_events_total',
];

const histograms = [
  'gateway_functions_seconds',
  'connector_batch_size',
  'connector_call_duration_seconds',
  'store_write_duration_seconds',
  'event_stored_latency_seconds',
];

const gauges = [
  'up',
  'part_up',
  'connector_lag_records',
  'connector_lag_seconds',
  'connector_partition_paused',
  'process_resident_memory_bytes',
];

const counted = new Set([
  ...counters,
  ...histograms.flatMap((name) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]),
]);
const measured = new Set(gauges);

/** Metrics that the console shows and that only ever grow. */
export const isCounted = (name: string): boolean => counted.has(name);

/** Metrics that the console shows as they are. */
export const isMeasured = (name: string): boolean => measured.has(name);
