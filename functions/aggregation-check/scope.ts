import type { ClickHouseClient } from '@clickhouse/client';
import { rows } from '../../shared/clients/clickhouse/index.ts';

/** What a check compares: offsets from `bases` on and below `ends`, by partition; nothing older than `oldestMs`. */
export interface Scope {
  topicId: string;
  /** Where the ledger's unbroken run begins; what lay before the first check, or was lost to it, is out of scope. */
  bases: number[];
  /** Both sinks have acknowledged everything below. */
  ends: number[];
  /** Minutes before may have expired in one store and not yet in another. */
  oldestMs: number;
}

/** The unbroken run that the ledger covers of each partition. */
export async function readScope(
  client: ClickHouseClient,
  { topicId, oldestMs }: { topicId: string; oldestMs: number },
): Promise<Scope> {
  const found = await rows<{ partition: number; base: string; end: string }>(
    client,
    `SELECT source_partition AS partition, max(if(first_offset = before, 0, first_offset)) AS base, max(end_offset) AS end
FROM (
  SELECT source_partition, first_offset, end_offset,
         lagInFrame(end_offset, 1, 0) OVER (PARTITION BY source_partition ORDER BY first_offset
                                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
  FROM check_ledger FINAL WHERE topic_id = {topic:String}
)
GROUP BY source_partition`,
    { params: { topic: topicId } },
  );
  const size = Math.max(0, ...found.map(({ partition }) => partition + 1));
  const scope: Scope = {
    topicId,
    bases: new Array(size).fill(0),
    ends: new Array(size).fill(0),
    oldestMs,
  };
  for (const { partition, base, end } of found) {
    scope.bases[partition] = Number(base);
    scope.ends[partition] = Number(end);
  }
  return scope;
}
