import type {
  BatchEvent,
  BatchInfo,
  BatchResult,
  ItemFailure,
  OutputRecord,
} from '../../shared/batch/types.ts';
import { createRecordTransform } from './transform-record.ts';

/**
 * A whole batch: its clean records in offset order, and each reject by partition and offset with the field and
 * reason, `permanent`, since no later attempt decides otherwise.
 */
export function createTransform(
  dependencies: Parameters<typeof createRecordTransform>[0],
): (event: BatchEvent, batch: BatchInfo | undefined) => Required<BatchResult> {
  const transformRecord = createRecordTransform(dependencies);
  return (event, batch) => {
    const records: OutputRecord[] = [];
    const batchItemFailures: ItemFailure[] = [];
    for (const [partition, inputs] of Object.entries(event.records)) {
      for (const record of inputs) {
        const result = transformRecord(record, batch);
        if (result.ok) records.push(result.output);
        else {
          batchItemFailures.push({
            itemIdentifier: { partition, offset: record.offset },
            reason: result.reason,
            permanent: true,
          });
        }
      }
    }
    return { records, batchItemFailures };
  };
}
