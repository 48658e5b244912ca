/** How a function's records are delivered; see the README of the connector. */
export type DeliveryMode = 'transactional' | 'ranges' | 'at-least-once';

/** What to do with a batch that fails again and again for no stated reason. */
export type OnError = 'block' | 'split' | 'dead-letter';

/** What the annotations of one function say: which records it gets, and how. */
export interface Subscription {
  /** Name, with `.namespace` where the function has one. */
  functionName: string;
  topics: readonly string[];
  group: string;
  /** Read for this function alone: what was redriven to it. */
  retryTopic: string;
  /** Where a group begins that has no position yet; a number is a time, milliseconds since 1970. */
  start: 'earliest' | 'latest' | number;
  /** Most records a call. */
  batchSize: number;
  /** Most bytes of records a call; a larger single record goes alone. */
  batchBytes: number;
  /** How long the first record of a batch waits for more, milliseconds. */
  batchWindowMs: number;
  mode: DeliveryMode;
  /** Number of targets; a range's route is its partition modulo this. */
  routes: number;
  outputTopic: string | undefined;
  deadLetterTopic: string;
  /** Tries after the first before `onError` decides. */
  maxRetries: number;
  maxRecordAgeMs: number | undefined;
  onError: OnError;
  filter: RecordFilter | undefined;
  lagTargetSeconds: number | undefined;
  minReplicas: number | undefined;
  maxReplicas: number | undefined;
}

/**
 * Lambda's filter criteria, for records whose value is a JSON object: a record passes when any pattern matches.
 * A pattern is an object of fields; a field's list names the values that match.
 */
export type FilterPattern = { [field: string]: FilterPattern | readonly unknown[] };
export type RecordFilter = readonly FilterPattern[];
