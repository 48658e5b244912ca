import middy from '@middy/core';
import type { BatchEvent, BatchResult, FunctionContext } from '../../shared/batch/types.ts';
import { readSettings } from '../../shared/config/index.ts';
import { createEventCheck, loadCategories } from '../../shared/events/index.ts';
import { createClientReader } from '../../shared/events/user-agent.ts';
import { counter } from '../../shared/metrics/index.ts';
import { createTransform } from './transform.ts';

const events = counter({
  name: 'transform_events_total',
  help: 'Records of events_raw by outcome: clean or rejected',
  labels: ['outcome'],
});

let transform: ReturnType<typeof createTransform> | undefined;

export const onlyBatches = true;

/** Batches of `events_raw` in; clean records for the output topic and permanent rejects out. */
export const handler = middy(
  async (event: BatchEvent, context: FunctionContext): Promise<BatchResult> => {
    transform ??= fromSettings();
    const result = transform(event, context.batch);
    events.inc({ outcome: 'clean' }, result.records.length);
    events.inc({ outcome: 'rejected' }, result.batchItemFailures.length);
    return result;
  },
  {
    // The wrapper bounds a call; a second clock would give up work that goes on.
    timeoutEarlyInMillis: 0,
  },
);

/** Once a process: reads the settings and the file of categories. */
function fromSettings(): ReturnType<typeof createTransform> {
  const settings = readSettings(process.env);
  return createTransform({
    check: createEventCheck({
      categories: loadCategories(settings.categoriesFile),
      retentionDays: settings.retentionDays,
    }),
    readClient: createClientReader(),
  });
}
