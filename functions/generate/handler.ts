import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { FunctionContext } from '../../shared/batch/types.ts';
import { securityOptions } from '../../shared/clients/kafka-protocol/security.ts';
import { readSettings } from '../../shared/config/index.ts';
import { HttpError } from '../../shared/errors/index.ts';
import { loadCategories } from '../../shared/events/index.ts';
import { createLogger } from '../../shared/log/index.ts';
import { counter } from '../../shared/metrics/index.ts';
import { createGenerate, type Totals } from './generate.ts';
import { readRequest } from './request.ts';
import { createRunStore } from './run-store.ts';

const written = counter({
  name: 'generate_events_total',
  help: 'Generated events by kind: valid, late, invalid, history',
  labels: ['kind'],
});

let made: ReturnType<typeof make> | undefined;

/** `POST` parameters of a run; answers its totals. */
export const handler = middy(
  async (event: APIGatewayProxyEventV2, context: FunctionContext): Promise<Totals> => {
    const method = event.requestContext.http.method;
    if (method !== 'POST') throw new HttpError(405, `a run is begun with POST, not ${method}`);
    const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
    const request = readRequest(body);
    made ??= make();
    return made.generate(request, context.signal);
  },
  {
    // The wrapper bounds a call; a second clock would give up work that goes on.
    timeoutEarlyInMillis: 0,
  },
);

/** Ends the connections; runs in flight end at their next transaction, when their signal is aborted. */
export async function close(): Promise<void> {
  await made?.store.close();
  made = undefined;
}

/** Once a process. */
function make() {
  const settings = readSettings(process.env);
  const log = createLogger('generate');
  const store = createRunStore({
    bootstrapServers: settings.kafkaBootstrapServers,
    topic: settings.rawTopic,
    connectionOptions: securityOptions(settings),
  });
  const generate = createGenerate({
    store,
    categories: loadCategories(settings.categoriesFile),
    retentionDays: settings.retentionDays,
    log,
    onWritten: (events) => {
      for (const [kind, { length }] of Map.groupBy(events, (event) => event.kind))
        written.inc({ kind }, length);
    },
    now: Date.now,
    sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
    newRunId: randomUUID,
  });
  return { store, generate };
}
