import { OutputList } from '../../shared/batch/output-list.ts';
import type { Base64OrBytes, BatchEvent, BatchInfo, ItemFailure } from '../../shared/batch/types.ts';
import type { Claim } from '../../shared/clients/claims/index.ts';
import { createEventCheck } from '../../shared/events/index.ts';
import { createPlainTransform, type Decisions } from './plain-transform.ts';
import { createRecordTransform } from './transform-record.ts';

export interface TransformedBatch {
  result: { records: OutputList; batchItemFailures: ItemFailure[] };
  /** What each of the clean records claims, in their order. */
  claims: Claim[];
}

/**
 * A whole batch: its clean records in offset order, and each reject by partition and offset with the field and
 * reason, `permanent`, since no later attempt decides otherwise.
 */
export function createTransform({
  categories,
  retentionDays,
  readClient,
}: Decisions): (event: BatchEvent<Base64OrBytes>, batch: BatchInfo | undefined) => TransformedBatch {
  const transformPlain = createPlainTransform({ categories, retentionDays, readClient });
  const check = createEventCheck({ categories, retentionDays });
  const transformRecord = createRecordTransform({ check, readClient });
  return (event, batch) => {
    const [first] = Object.values(event.records);
    const records = new OutputList(first?.[0]?.offset ?? 0);
    const claims: Claim[] = [];
    const batchItemFailures: ItemFailure[] = [];
    for (const [partition, inputs] of Object.entries(event.records)) {
      for (const record of inputs) {
        const claim = transformPlain(record, batch, records);
        if (claim !== undefined) {
          claims.push(claim);
          continue;
        }
        const result = transformRecord(record, batch);
        if (result.ok) {
          records.append(result.output, record.offset);
          claims.push(result.claim);
        } else {
          batchItemFailures.push({
            itemIdentifier: { partition, offset: record.offset },
            reason: result.reason,
            permanent: true,
          });
        }
      }
    }
    return { result: { records, batchItemFailures }, claims };
  };
}
