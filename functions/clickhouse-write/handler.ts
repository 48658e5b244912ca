import middy from '@middy/core';
import type { Base64OrBytes, BatchEvent, BatchResult, FunctionContext } from '../../shared/batch/types.ts';
import { type ClickHouse, createClickHouse } from '../../shared/clients/clickhouse/index.ts';
import { readSettings } from '../../shared/config/index.ts';
import { createSinkMetrics } from '../../shared/sink/metrics.ts';
import { createWrite } from './write.ts';

let clickhouse: ClickHouse | undefined;
let write: ReturnType<typeof createWrite> | undefined;

export const onlyBatches = true;
export const takesBytes = true;

/** Ranges of `events_clean` into ClickHouse's `events_local`, each once. */
export const handler = middy(
  (event: BatchEvent<Base64OrBytes>, context: FunctionContext): Promise<BatchResult> => {
    write ??= connect();
    return write(event, context.batch);
  },
  {
    // The wrapper bounds a call; a second clock would give up work that goes on.
    timeoutEarlyInMillis: 0,
  },
);

/** Closes the connections. */
export async function close(): Promise<void> {
  await clickhouse?.close();
  clickhouse = undefined;
  write = undefined;
}

function connect(): ReturnType<typeof createWrite> {
  const settings = readSettings(process.env);
  clickhouse = createClickHouse(settings);
  return createWrite({
    clickhouse,
    metrics: createSinkMetrics('clickhouse'),
    now: Date.now,
    insertQuorum: settings.clickhouseInsertQuorum,
  });
}
