import type { Collection } from 'mongodb';
import type { Base64OrBytes, BatchEvent, BatchInfo, BatchResult } from '../../shared/batch/types.ts';
import { HttpError, messageOf } from '../../shared/errors/index.ts';
import { documentOf, type EventDocument } from '../../shared/sink/document.ts';
import { outcomeOf } from '../../shared/sink/insert-outcome.ts';
import type { SinkMetrics } from '../../shared/sink/metrics.ts';
import { readRange } from '../../shared/sink/read-range.ts';

type Dependencies = {
  events: Pick<Collection<EventDocument>, 'insertMany'>;
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
    const startedAtMs = now();
    try {
      await events.insertMany(records.map(documentOf), {
        ordered: false,
        writeConcern: { w: 'majority', journal: true },
      });
    } catch (error) {
      const outcome = outcomeOf(error);
      if (!outcome.stored) {
        metrics.failed(outcome.reason);
        throw new HttpError(503, `MongoDB: ${messageOf(error)}`, { cause: error, retryAfterSeconds: 1 });
      }
    }
    metrics.stored(records, { startedAtMs, endedAtMs: now() });
    return {};
  };
}
