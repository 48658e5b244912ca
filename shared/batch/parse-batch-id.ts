/** What a batch id says: one declared range of one partition of one incarnation of a topic. */
export interface BatchId {
  clusterId: string;
  topicId: string;
  partition: number;
  /** Declared bounds, both inclusive; never the offsets of the records that were found. */
  first: number;
  last: number;
}

const shape = /^([\w.-]{1,64}):([\w.-]{1,64}):(\d{1,10}):(\d{1,16})-(\d{1,16})$/;

/**
 * Reads `<cluster id>:<topic id>:<partition>:<first>-<last>`.
 * Undefined when the text is anything else, a range that ends before it begins included.
 */
export function parseBatchId(text: string): BatchId | undefined {
  const match = shape.exec(text);
  if (match === null) return undefined;
  const [, clusterId = '', topicId = ''] = match;
  const [partition, first, last] = match.slice(3).map(Number) as [number, number, number];
  if (![partition, first, last].every(Number.isSafeInteger) || last < first) return undefined;
  return { clusterId, topicId, partition, first, last };
}

/** The inverse of `parseBatchId`. */
export function formatBatchId({ clusterId, topicId, partition, first, last }: BatchId): string {
  return `${clusterId}:${topicId}:${partition}:${first}-${last}`;
}
