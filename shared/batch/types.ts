import type { Context } from 'aws-lambda';

/** The protocol between connector and functions: AWS Lambda's event for self-managed Kafka. */

/** Base64, as Lambda has it; in a function that exports `takesBytes` bytes, when the connector sent them so. */
export type Base64OrBytes = string | Buffer;

/** The bytes of a key or a value. */
export function bytesOf(value: Base64OrBytes): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : value;
}

/** One Kafka record as it travels; key and value are absent when null. */
export interface BatchRecord<Value = string> {
  topic: string;
  partition: number;
  offset: number;
  /** Milliseconds since 1970, as Kafka has it. */
  timestamp: number;
  timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
  key?: Value | undefined;
  value?: Value | undefined;
  /** One object a header, name to bytes; a name may come again. */
  headers: Record<string, number[]>[];
}

/** One request: one range of one partition under one name, `<topic>-<partition>`. */
export interface BatchEvent<Value = string> {
  eventSource: 'SelfManagedKafka';
  bootstrapServers: string;
  records: Record<string, BatchRecord<Value>[]>;
}

export interface ItemFailure {
  /** Lambda's object form, or its text form `<topic>-<partition>-<offset>`. */
  itemIdentifier: { partition: string; offset: number } | string;
  reason?: string;
  /** True: retrying cannot help; the record becomes a dead letter at once. */
  permanent?: boolean;
}

/** An output of a function that has an output topic. */
export interface OutputRecord<Value = string> {
  key?: Value;
  value?: Value;
  headers?: Record<string, number[]>[];
  /** Offset of the input record that it came from. */
  sourceOffset: number;
}

export interface BatchResult {
  batchItemFailures?: ItemFailure[];
  records?: OutputRecord[];
}

/**
 * What the headers of a batch request said. `topicId` and `clusterId` come from the batch id
 * `<cluster id>:<topic id>:<partition>:<first>-<last>`; `first` and `last` are the declared bounds (inclusive).
 */
export interface BatchInfo {
  id: string;
  clusterId: string;
  topicId: string;
  topic: string;
  partition: number;
  first: number;
  last: number;
  /** The numbered target that the range goes to; 0 where the function has no routes. */
  route: number;
  attempt: number;
}

/** The second argument of every handler: Lambda's context, plus what the HTTP request carried. */
export interface FunctionContext extends Context {
  /** Request headers, lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** Present when the request is a batch from the connector. */
  batch?: BatchInfo;
  /** Aborted when the caller has gone or the process is told to stop. */
  signal: AbortSignal;
}
