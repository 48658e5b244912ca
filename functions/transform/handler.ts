import middy from '@middy/core';
import type { BytesResult } from '../../shared/batch/output-list.ts';
import type { Base64OrBytes, BatchEvent, FunctionContext } from '../../shared/batch/types.ts';
import { createClaimsClient } from '../../shared/clients/claims/index.ts';
import { readSettings } from '../../shared/config/index.ts';
import { loadCategories } from '../../shared/events/index.ts';
import { createClientReader } from '../../shared/events/user-agent.ts';
import { counter } from '../../shared/metrics/index.ts';
import { leaveOutDuplicates } from './leave-out.ts';
import { createTransform } from './transform.ts';

const events = counter({
  name: 'transform_events_total',
  help: 'Records of events_raw by outcome: clean, rejected, or duplicate (the event id is that of another record)',
  labels: ['outcome'],
});

let work: ReturnType<typeof fromSettings> | undefined;

export const onlyBatches = true;
export const takesBytes = true;

/** Batches of `events_raw` in; clean records for the output topic and permanent rejects out. */
export const handler = middy(
  async (event: BatchEvent<Base64OrBytes>, context: FunctionContext): Promise<BytesResult> => {
    work ??= fromSettings();
    const transformed = work.transform(event, context.batch);
    const { records: valid, batchItemFailures } = transformed.result;
    const records = work.keeper === undefined ? valid : await leaveOutDuplicates(transformed, work.keeper);
    events.inc({ outcome: 'clean' }, records.count);
    events.inc({ outcome: 'duplicate' }, valid.count - records.count);
    events.inc({ outcome: 'rejected' }, batchItemFailures.length);
    return { records, batchItemFailures };
  },
  {
    // The wrapper bounds a call; a second clock would give up work that goes on.
    timeoutEarlyInMillis: 0,
  },
);

/** Once a process: reads the settings and the file of categories. */
function fromSettings() {
  const settings = readSettings(process.env);
  return {
    transform: createTransform({
      categories: loadCategories(settings.categoriesFile),
      retentionDays: settings.retentionDays,
      readClient: createClientReader(),
    }),
    keeper: settings.claimsUrl === undefined ? undefined : createClaimsClient({ url: settings.claimsUrl }),
  };
}
