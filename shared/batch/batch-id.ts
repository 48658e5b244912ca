/**
 * The name of a range: `<cluster id>:<topic id>:<partition>:<first>-<last>`, both bounds inclusive. The bounds are
 * the declared ones, never the offsets of the records found, which retention and compaction change; cluster and
 * topic id are in it because a topic made anew repeats its offsets.
 */
export function formatBatchId(range: {
  clusterId: string;
  topicId: string;
  partition: number;
  first: number;
  last: number;
}): string {
  return `${range.clusterId}:${range.topicId}:${range.partition}:${range.first}-${range.last}`;
}
