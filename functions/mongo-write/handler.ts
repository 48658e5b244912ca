import middy from '@middy/core';
import type { Base64OrBytes, BatchEvent, BatchResult, FunctionContext } from '../../shared/batch/types.ts';
import { createMongo, type Mongo } from '../../shared/clients/mongo/index.ts';
import { readSettings } from '../../shared/config/index.ts';
import { createSinkMetrics } from '../../shared/sink/metrics.ts';
import { createWrite } from './write.ts';

let mongo: Mongo | undefined;
let write: ReturnType<typeof createWrite> | undefined;

export const onlyBatches = true;
export const takesBytes = true;

/** Ranges of `events_clean` into MongoDB's `raw_events`, each event once. */
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
  await mongo?.close();
  mongo = undefined;
  write = undefined;
}

function connect(): ReturnType<typeof createWrite> {
  mongo = createMongo(readSettings(process.env));
  return createWrite({ events: mongo.events(), metrics: createSinkMetrics('mongodb'), now: Date.now });
}
