import { formatBatchId } from '../../../shared/batch/parse-batch-id.ts';
import type { WorkerContext } from './context.ts';
import type { Piece } from './pieces.ts';

/** The name under which a piece is sent, and is spoken of in logs. */
export function batchIdOf(
  { clusterId, topic, partition }: Pick<WorkerContext, 'clusterId' | 'topic' | 'partition'>,
  { first, end }: Pick<Piece, 'first' | 'end'>,
): string {
  return formatBatchId({ clusterId, topicId: topic.id, partition, first, last: end - 1 });
}
