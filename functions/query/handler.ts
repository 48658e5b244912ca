import middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { FunctionContext } from '../../shared/batch/types.ts';
import { createClickHouse } from '../../shared/clients/clickhouse/index.ts';
import { createMongo } from '../../shared/clients/mongo/index.ts';
import { readSettings } from '../../shared/config/index.ts';
import { createKeyCheck } from '../../shared/http/keys.ts';
import { createQuery } from './query.ts';

let connections: ReturnType<typeof connect> | undefined;

/** The analytics questions and the look-ups of events, over HTTP; for those with a key where keys are set. */
export const handler = middy(
  (event: APIGatewayProxyEventV2, context: FunctionContext) => {
    connections ??= connect();
    // What can be asked is no secret.
    if (event.rawPath !== '/openapi.json') connections.checkKey(event.headers.authorization);
    return connections.query(event, context.signal);
  },
  {
    // The wrapper bounds a call; a second clock would give up work that goes on.
    timeoutEarlyInMillis: 0,
  },
);

/** Closes the connections. */
export async function close(): Promise<void> {
  await Promise.all([connections?.clickhouse.close(), connections?.mongo.close()]);
  connections = undefined;
}

/** Once a process. */
function connect() {
  const settings = readSettings(process.env);
  const clickhouse = createClickHouse(settings);
  const mongo = createMongo(settings);
  return {
    clickhouse,
    mongo,
    checkKey: createKeyCheck(settings.queryKeys, 'read'),
    query: createQuery({ clickhouse, events: () => mongo.events(), now: Date.now }),
  };
}
