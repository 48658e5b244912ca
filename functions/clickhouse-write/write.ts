import type { Base64OrBytes, BatchEvent, BatchInfo, BatchResult } from '../../shared/batch/types.ts';
import { type ClickHouse, exactlyOnce, insertRows } from '../../shared/clients/clickhouse/index.ts';
import { HttpError, messageOf } from '../../shared/errors/index.ts';
import type { SinkMetrics } from '../../shared/sink/metrics.ts';
import { readRange, type SinkRecord } from '../../shared/sink/read-range.ts';
import { rowsOf } from './rows.ts';

type Dependencies = {
  clickhouse: Pick<ClickHouse, 'shards'>;
  metrics: SinkMetrics;
  now: () => number;
  /** Replicas that must have the rows; `0`: the one that was asked. */
  insertQuorum?: string;
};

/**
 * Writes a range with one insert into the shard of its route, under its batch id as token.
 *
 * - A record that is no clean event: nothing is written, the answer lists every such record.
 * - The insert failed, whatever the cause: 503. Rows may be there or not; the same range under the same token
 *   settles it.
 *
 * @throws HttpError 503 with Retry-After, also for a route without a shard; 400 for what is no range.
 */
export function createWrite({ clickhouse, metrics, now, insertQuorum = '0' }: Dependencies) {
  return async (event: BatchEvent<Base64OrBytes>, batch: BatchInfo | undefined): Promise<BatchResult> => {
    const { records, failures } = readRange(event, batch);
    if (failures.length > 0) {
      metrics.refused(failures.length);
      return { batchItemFailures: failures };
    }
    if (records.length === 0) return {};
    const route = batch?.route ?? 0;
    const shard = clickhouse.shards[route];
    if (shard === undefined) {
      metrics.failed('no_shard');
      throw new HttpError(
        503,
        `route ${route} has no shard: CLICKHOUSE_URL names ${clickhouse.shards.length}`,
        {
          retryAfterSeconds: 5,
        },
      );
    }
    const rows = rowsOf(records);
    const settings = exactlyOnce(batch?.id ?? tokenOf(event, records), { insertQuorum });
    const startedAtMs = now();
    try {
      await shard.run((client) => insertRows(client, 'events_local', rows, { settings }));
    } catch (error) {
      metrics.failed(reasonOf(error));
      throw new HttpError(503, `ClickHouse shard ${route}: ${messageOf(error)}`, {
        cause: error,
        retryAfterSeconds: 1,
      });
    }
    metrics.stored(records, { startedAtMs, endedAtMs: now() });
    return {};
  };
}

/** For a caller that sends no batch id (one record at a time): the record's own place. */
function tokenOf(event: BatchEvent<Base64OrBytes>, records: readonly SinkRecord[]): string {
  const [partition = ''] = Object.keys(event.records);
  return `${partition}:${records[0]?.source.offset}-${records.at(-1)?.source.offset}`;
}

/** Few and stable, for a metric's label: ClickHouse's own name of the error, or that of the connection's. */
function reasonOf(error: unknown): string {
  const { type, code } = error as { type?: unknown; code?: unknown };
  if (typeof type === 'string' && /^[A-Z_]+$/.test(type)) return type.toLowerCase();
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code.toLowerCase() : 'unknown';
}
