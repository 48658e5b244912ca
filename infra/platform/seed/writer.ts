import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { exactlyOnce, insertLines } from '../../../shared/clients/clickhouse/index.ts';
import { encodeClean, withSource } from '../../../shared/events/clean-record.ts';

export interface Writer {
  /** Ends it, and answers how many rows were written. @throws the error of an insert that failed. */
  stop(): Promise<number>;
}

/** Rows that are seeded come from lower partitions; these can be told apart and taken out again. */
export const writerPartition = 999;
const insertsPerSecond = 10;

/** Writes events of this moment, `rate` a second, ten inserts a second, as clickhouse-write does. */
export function startWriter(client: ClickHouseClient, rate: number): Writer {
  const stopped = new AbortController();
  let written = 0;
  const each = Math.ceil(rate / insertsPerSecond);
  const run = async () => {
    let due = performance.now();
    while (!stopped.signal.aborted && rate > 0) {
      const lines = Buffer.concat(Array.from({ length: each }, () => line(written++)));
      await insertLines(client, 'events_local', lines, {
        settings: exactlyOnce(`seed-writer:${randomUUID()}`),
      });
      due = Math.max(due + 1000 / insertsPerSecond, performance.now() - 1000);
      await delay(Math.max(0, due - performance.now()), undefined, { signal: stopped.signal }).catch(
        () => {},
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
