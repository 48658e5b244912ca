import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { exactlyOnce, insertRows } from '../../../shared/clients/clickhouse/index.ts';
import { encodeClean, withSource } from '../../../shared/events/clean-record.ts';

export interface Writer {
  /** Ends it, and answers how many rows were written. @throws the error of an insert that failed. */
  stop(): Promise<number>;
}

/** Rows that are seeded come from lower partitions. These stay, as their rollups do: the two agree. */
export const writerPartition = 999;
const insertsPerSecond = 10;

/** As many as one range of the connector holds at most. */
const mostRows = 10_000;

/**
 * Writes events of this moment, `rate` a second in ten inserts, as clickhouse-write does: when an insert takes longer,
 * the next one carries what has come meanwhile.
 */
export function startWriter(client: ClickHouseClient, rate: number): Writer {
  const stopped = new AbortController();
  let written = 0;
  const run = async () => {
    const startedAt = performance.now();
    while (!stopped.signal.aborted && rate > 0) {
      await delay(1000 / insertsPerSecond, undefined, { signal: stopped.signal }).catch(() => {});
      const due = Math.floor((rate * (performance.now() - startedAt)) / 1000) - written;
      if (due <= 0) continue;
      const bytes = Buffer.concat(Array.from({ length: Math.min(due, mostRows) }, () => line(written++)));
      await insertRows(
        client,
        'events_local',
        { format: 'JSONEachRow', bytes },
        { settings: exactlyOnce(`seed-writer:${randomUUID()}`) },
      );
    }
  };
  const running = run();
  running.catch(() => {});
  return {
    async stop() {
      stopped.abort();
      await running;
      return written;
    },
  };
}

function line(offset: number): Buffer {
  const now = Date.now();
  const value = encodeClean({
    event_id: randomUUID(),
    event_type: offset % 25 === 0 ? 'purchase' : 'page_view',
    category: offset % 25 === 0 ? 'commerce' : 'navigation',
    timestamp: now,
    user_id: (offset * 7919) % 1_000_000,
    session_id: `w-${offset % 5000}`,
    country: 'DE',
    device: 'desktop',
    browser: 'Chrome',
    received_at: now,
    user_agent: '',
    ip: '',
    raw_partition: 0,
    raw_offset: offset,
    properties: { path: `/p/${offset % 2000}` },
  });
  const row = withSource(Buffer.from(value), { partition: writerPartition, offset });
  return Buffer.concat([row, Buffer.from('\n')]);
}
