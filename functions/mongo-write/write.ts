import type { Base64OrBytes, BatchEvent, BatchInfo, BatchResult } from '../../shared/batch/types.ts';
import { HttpError } from '../../shared/errors/index.ts';
import { encodeDocuments } from '../../shared/sink/encode-documents.ts';
import type { SinkMetrics } from '../../shared/sink/metrics.ts';
import { readRange } from '../../shared/sink/read-range.ts';
import { type EventStore, storeDocuments } from '../../shared/sink/store-documents.ts';

type Dependencies = {
  events: EventStore;
  metrics: SinkMetrics;
  now: () => number;
};

/**
 * Writes a range with one unordered insert, acknowledged by the majority and journaled.
 *
 * - A record that is no clean event: nothing is written, the answer lists every such record.
 * - Anything but "that `_id` is already there": 503. Part of the range may have been written; the same range
 *   again finds it.
 *
 * @throws HttpError 503 with Retry-After; 400 for what is no range.
 */
export function createWrite({ events, metrics, now }: Dependencies) {
  return async (event: BatchEvent<Base64OrBytes>, batch: BatchInfo | undefined): Promise<BatchResult> => {
    const { records, failures } = readRange(event, batch);
    if (failures.length > 0) {
      metrics.refused(failures.length);
      return { batchItemFailures: failures };
    }
    if (records.length === 0) return {};
    const documents = encodeDocuments(records);
    const startedAtMs = now();
    const outcome = await storeDocuments(events, documents);
    if (!outcome.stored) {
      const { reason, detail, cause } = outcome;
      metrics.failed(reason);
      throw new HttpError(503, `MongoDB: ${detail}`, { cause, retryAfterSeconds: 1 });
    }
    metrics.stored(records, { startedAtMs, endedAtMs: now() });
    return {};
  };
}
