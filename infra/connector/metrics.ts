import { batchSizeBuckets, counter, gauge, histogram } from '../../shared/metrics/index.ts';

/** What the connector measures; labels name the function, and where it matters topic and partition. */
const place = ['function', 'topic', 'partition'] as const;

export const connectorMetrics = {
  lagRecords: gauge({
    name: 'connector_lag_records',
    help: 'Read-committed end of a partition less the acknowledged position',
    labels: place,
  }),
  lagSeconds: gauge({
    name: 'connector_lag_seconds',
    help: 'Age of the record at the acknowledged position, 0 when there is none',
    labels: place,
  }),
  position: gauge({
    name: 'connector_position',
    help: 'Acknowledged position: the next offset to deliver',
    labels: place,
  }),
  heldSeconds: gauge({
    name: 'connector_transaction_open_seconds',
    help: 'For how long an open transaction has held the read-committed end where it is: what lies behind it counts as no lag',
    labels: place,
  }),
  paused: gauge({
    name: 'connector_partition_paused',
    help: '1 while a partition waits: asked to by the function, backing off, or not deployed',
    labels: [...place, 'reason'],
  }),
  batches: counter({
    name: 'connector_batches_total',
    help: 'Calls of functions, by outcome: done; cut, split, bury (records of it were refused); pause (asked to wait); failed; unknown (no answer); absent (not deployed)',
    labels: ['function', 'outcome'],
  }),
  records: counter({
    name: 'connector_records_total',
    help: 'Records by outcome: received, delivered, filtered (for an annotation), lost (gone from the log before they were read)',
    labels: ['function', 'outcome'],
  }),
  callDuration: histogram({
    name: 'connector_call_duration_seconds',
    help: 'Time from sending a batch to its whole answer',
    labels: ['function'],
  }),
  batchSize: histogram({
    name: 'connector_batch_size',
    help: 'Records in a call',
    labels: ['function'],
    buckets: batchSizeBuckets,
  }),
  deliveryLatency: histogram({
    name: 'connector_delivery_latency_seconds',
    help: 'Kafka time of the oldest record of a batch to its answer',
    labels: ['function'],
  }),
  deadLetters: counter({
    name: 'connector_dead_letters_total',
    help: 'Records that became dead letters: listed (by the function), refused (4xx), exhausted (tries used up), expired (too old)',
    labels: ['function', 'reason'],
  }),
  retries: counter({
    name: 'connector_retries_total',
    help: 'Calls that were repeated, by reason: paused, absent, failed, unknown',
    labels: ['function', 'reason'],
  }),
  splits: counter({
    name: 'connector_splits_total',
    help: 'Batches that were cut into pieces',
    labels: ['function'],
  }),
  takeovers: counter({
    name: 'connector_takeovers_total',
    help: 'Partitions taken over, again after failures included',
    labels: ['function'],
  }),
  generation: gauge({
    name: 'connector_group_generation',
    help: 'Generation of the consumer group that this process is a member of, -1 outside',
    labels: ['function'],
  }),
  functions: gauge({
    name: 'connector_functions',
    help: 'Functions by state: active, refused for bad annotations',
    labels: ['state'],
  }),
};

export type ConnectorMetrics = typeof connectorMetrics;

/** Counts what a function has had none of yet as zero: else the first of it would not look like a growth. */
export function beginAtZero(functionName: string): void {
  const { deadLetters, records, batches } = connectorMetrics;
  for (const reason of ['listed', 'refused', 'exhausted', 'expired'])
    deadLetters.inc({ function: functionName, reason }, 0);
  for (const outcome of ['received', 'delivered', 'lost'])
    records.inc({ function: functionName, outcome }, 0);
  for (const outcome of ['done', 'pause', 'failed', 'unknown'])
    batches.inc({ function: functionName, outcome }, 0);
}
