import type { Sample } from '../../../shared/metrics/parse.ts';
import type { DeployedFunction } from '../provider/deployed-function.ts';
import type { ConsoleState, ConsumerState, FunctionState, PartState, StoreState } from './state.ts';
import type { Window } from './window.ts';

export interface Observed {
  atMs: number;
  startedAtMs: number;
  functions: readonly DeployedFunction[];
  gauges: readonly Sample[];
  /** The last seconds, for what should be seen at once. */
  recent: Window;
  /** The last minute, for quantiles and errors. */
  minute: Window;
}

/** Makes what the console shows out of what the processes tell. */
export function observe(observed: Observed): ConsoleState {
  const { atMs, startedAtMs, recent } = observed;
  const state: Omit<ConsoleState, 'point'> = {
    atMs,
    startedAtMs,
    parts: partsOf(observed),
    functions: observed.functions.map((deployed) => functionOf(deployed, observed)),
    sources: {
      ingest: { eventsPerSecond: recent.rate('ingest_events_total', { outcome: 'accepted' }) },
      generate: { eventsPerSecond: recent.rate('generate_events_total') },
      // Repeats of an event_id are delivered too, and left out.
      transform: { eventsPerSecond: recent.rate('transform_events_total', { outcome: 'clean' }) },
    },
    consumers: consumersIn(observed.gauges).map((name) => consumerOf(name, observed)),
    stores: ['mongodb', 'clickhouse'].map((name) => storeOf(name, observed)),
  };
  // One reading alone has no rates: the plots begin with the second.
  return { ...state, point: { atMs, values: recent.seconds > 0 ? valuesOf(state) : {} } };
}

/** A part is up when neither its silence nor its supervisor says otherwise. */
function partsOf({ gauges }: Observed): PartState[] {
  const parts = new Map<string, PartState>();
  for (const { name, labels, value } of gauges) {
    const { part } = labels;
    if ((name !== 'up' && name !== 'part_up') || part === undefined) continue;
    const known = parts.get(part);
    parts.set(part, { name: part, up: value === 1 && known?.up !== false, residentBytes: null });
  }
  for (const { name, labels, value } of gauges) {
    const part = parts.get(labels.part ?? '');
    if (name !== 'process_resident_memory_bytes' || part === undefined) continue;
    part.residentBytes = Math.max(part.residentBytes ?? 0, value);
  }
  return [...parts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function functionOf(deployed: DeployedFunction, { gauges, recent, minute }: Observed): FunctionState {
  const name = deployed.deployment.service;
  const match = { function_name: name };
  const errors = ['500', '501', '502', '503', '504'].map((code) =>
    minute.growth('gateway_function_invocation_total', { ...match, code }),
  );
  return {
    name,
    generation: deployed.generation,
    desired: deployed.desired,
    available: deployed.available,
    inFlight: deployed.replicas.reduce((sum, replica) => sum + replica.inFlight, 0),
    invocations: deployed.invocations,
    callsPerSecond: recent.rate('gateway_function_invocation_total', match),
    errors: errors.reduce((sum, count) => sum + count, 0),
    calls: minute.growth('gateway_function_invocation_total', match),
    p95Seconds: minute.quantile('gateway_functions_seconds', 0.95, match),
    residentBytes: gauges
      .filter((g) => g.name === 'process_resident_memory_bytes' && g.labels.function_name === name)
      .reduce((sum, { value }) => sum + value, 0),
  };
}

function consumerOf(name: string, { gauges, recent, minute }: Observed): ConsumerState {
  const match = { function: name };
  const mine = gauges.filter(({ labels }) => labels.function === name);
  const find = (metric: string, topic: string, partition: string) =>
    mine.filter((g) => g.name === metric && g.labels.topic === topic && g.labels.partition === partition);
  const partitions = mine
    .filter((gauge) => gauge.name === 'connector_lag_records')
    .map(({ labels: { topic = '', partition = '' }, value }) => ({
      topic,
      partition: Number(partition),
      lagRecords: value,
      lagSeconds: find('connector_lag_seconds', topic, partition)[0]?.value ?? 0,
      paused: find('connector_partition_paused', topic, partition)
        .filter((gauge) => gauge.value === 1)
        .map((gauge) => gauge.labels.reason ?? 'paused'),
    }))
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
  return {
    name,
    receivedPerSecond: recent.rate('connector_records_total', { ...match, outcome: 'received' }),
    deliveredPerSecond: recent.rate('connector_records_total', { ...match, outcome: 'delivered' }),
    deadLettersPerSecond: recent.rate('connector_dead_letters_total', match),
    retriesPerSecond: recent.rate('connector_retries_total', match),
    batchMean: recent.mean('connector_batch_size', match),
    batchP95: minute.quantile('connector_batch_size', 0.95, match),
    callP95Seconds: minute.quantile('connector_call_duration_seconds', 0.95, match),
    partitions,
  };
}

function storeOf(name: string, { recent, minute }: Observed): StoreState {
  const match = { store: name };
  return {
    name,
    rowsPerSecond: recent.rate('store_rows_total', match),
    errorsPerSecond: recent.rate('store_errors_total', match),
    writeP95Seconds: minute.quantile('store_write_duration_seconds', 0.95, match),
    latencyP50Seconds: recent.quantile('event_stored_latency_seconds', 0.5, match),
    latencyP99Seconds: recent.quantile('event_stored_latency_seconds', 0.99, match),
  };
}

function valuesOf({
  functions,
  sources,
  consumers,
  stores,
}: Omit<ConsoleState, 'point'>): Record<string, number> {
  const values: Record<string, number> = {
    sent: sources.ingest.eventsPerSecond + sources.generate.eventsPerSecond,
    errors: functions.reduce((sum, f) => sum + f.errors, 0) / 60,
    deadLetters: consumers.reduce((sum, consumer) => sum + consumer.deadLettersPerSecond, 0),
  };
  for (const { name, rowsPerSecond, latencyP50Seconds, latencyP99Seconds } of stores) {
    values[`rows:${name}`] = rowsPerSecond;
    if (latencyP50Seconds !== null) values[`p50:${name}`] = latencyP50Seconds;
    if (latencyP99Seconds !== null) values[`p99:${name}`] = latencyP99Seconds;
  }
  for (const { name, partitions, batchMean } of consumers) {
    values[`lag:${name}`] = partitions.reduce((sum, p) => sum + p.lagRecords, 0);
    values[`lagSeconds:${name}`] = partitions.reduce((most, p) => Math.max(most, p.lagSeconds), 0);
    values[`replicas:${name}`] = functions.find((f) => f.name === name)?.available ?? 0;
    if (batchMean !== null) values[`batch:${name}`] = batchMean;
  }
  return values;
}

/** Ours in the order of the pipeline, then the others by name. */
const order = ['transform', 'mongo-write', 'clickhouse-write'];

function consumersIn(gauges: readonly Sample[]): string[] {
  const names = gauges.flatMap(({ name, labels }) =>
    name.startsWith('connector_') ? [labels.function ?? ''] : [],
  );
  const place = (name: string) => (order.indexOf(name) < 0 ? order.length : order.indexOf(name));
  return [...new Set(names)].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}
