/** What the console shows, made once a second. Rates are per second; null where nothing is known yet. */
export interface ConsoleState {
  /** Milliseconds since 1970, by the gateway's clock. */
  atMs: number;
  /** Changes when the gateway starts again. */
  startedAtMs: number;
  parts: PartState[];
  functions: FunctionState[];
  /** What functions add to topics. */
  sources: Record<'ingest' | 'generate' | 'transform', { eventsPerSecond: number }>;
  consumers: ConsumerState[];
  stores: StoreState[];
  /** The same in short, for plots. */
  point: Point;
}

export interface PartState {
  name: string;
  up: boolean;
  residentBytes: number | null;
}

export interface FunctionState {
  name: string;
  /** Another one after each update. */
  generation: number;
  desired: number;
  available: number;
  inFlight: number;
  invocations: number;
  callsPerSecond: number;
  /** Answers of 500 and above in the last minute, and of all codes. */
  errors: number;
  calls: number;
  p95Seconds: number | null;
  /** Of all replicas. */
  residentBytes: number;
}

/** A function that the connector calls. */
export interface ConsumerState {
  name: string;
  receivedPerSecond: number;
  deliveredPerSecond: number;
  deadLettersPerSecond: number;
  retriesPerSecond: number;
  /** Records a call. */
  batchMean: number | null;
  batchP95: number | null;
  callP95Seconds: number | null;
  partitions: PartitionState[];
}

export interface PartitionState {
  topic: string;
  partition: number;
  lagRecords: number;
  lagSeconds: number;
  /** Why it waits; empty when it does not. */
  paused: string[];
}

export interface StoreState {
  name: string;
  rowsPerSecond: number;
  errorsPerSecond: number;
  writeP95Seconds: number | null;
  /** Received to acknowledged, event by event. */
  latencyP50Seconds: number | null;
  latencyP99Seconds: number | null;
}

/** One instant of the plots: series name → value. */
export interface Point {
  atMs: number;
  values: Record<string, number>;
}
