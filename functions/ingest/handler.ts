import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createAcknowledgedProducer } from '../../shared/clients/kafka/acknowledged-producer.ts';
import { securityOptions } from '../../shared/clients/kafka-protocol/security.ts';
import { readSettings } from '../../shared/config/index.ts';
import { HttpError } from '../../shared/errors/index.ts';
import { createEventCheck, loadCategories } from '../../shared/events/index.ts';
import { ingestOpenApi } from '../../shared/events/open-api.ts';
import { createKeyCheck } from '../../shared/http/keys.ts';
import { createLogger } from '../../shared/log/index.ts';
import { counter } from '../../shared/metrics/index.ts';
import { createCors } from './cors.ts';
import { createIngest } from './ingest.ts';

const events = counter({
  name: 'ingest_events_total',
  help: 'Events by outcome: accepted, rejected, unavailable (requests that Kafka did not acknowledge count once)',
  labels: ['outcome'],
});
// From zero on: else the first of an outcome would not look like a growth.
for (const outcome of ['accepted', 'rejected', 'unavailable']) events.inc({ outcome }, 0);

let connections: ReturnType<typeof connect> | undefined;

/** `POST`: events in. `GET /openapi.json`: this API described. `OPTIONS`: leave for browsers. */
export const handler = middy(
  async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    connections ??= connect();
    const { ingest, checkKey, cors } = connections;
    const headers = cors(event.headers.origin);
    try {
      return await answer(event);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      count(error);
      // Answered here rather than thrown on, so that a browser may read the refusal.
      return json(
        error.statusCode,
        { error: error.message, ...error.details },
        {
          ...headers,
          ...(error.retryAfterSeconds === undefined
            ? {}
            : { 'retry-after': String(error.retryAfterSeconds) }),
          ...(error.statusCode === 401 ? { 'www-authenticate': 'Bearer' } : {}),
        },
      );
    }

    async function answer(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
      const method = event.requestContext.http.method;
      if (method === 'OPTIONS') return { statusCode: 204, headers };
      if (method === 'GET' && event.rawPath.endsWith('/openapi.json'))
        return json(200, ingestOpenApi(), headers);
      if (method !== 'POST') {
        return json(
          405,
          { error: `events are sent with POST, not ${method}` },
          { ...headers, allow: 'POST, OPTIONS' },
        );
      }
      checkKey(event.headers.authorization);
      const { statusCode, body } = await ingest({
        body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
        contentType: event.headers['content-type'] ?? '',
        traceparent: event.headers.traceparent,
        tracestate: event.headers.tracestate,
      });
      events.inc({ outcome: 'accepted' }, body.accepted);
      events.inc({ outcome: 'rejected' }, body.rejected?.length ?? 0);
      return json(statusCode, body, headers);
    }
  },
  {
    // The wrapper bounds a call; a second clock would give up work that goes on.
    timeoutEarlyInMillis: 0,
  },
);

/** Ends the connection to Kafka once everything that was taken in is acknowledged. */
export async function close(): Promise<void> {
  await connections?.producer.close();
  connections = undefined;
}

/** Once a process. */
function connect() {
  const settings = readSettings(process.env);
  const producer = createAcknowledgedProducer({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'ingest',
    topic: settings.rawTopic,
    log: createLogger('ingest'),
    connectionOptions: securityOptions(settings),
  });
  const ingest = createIngest({
    check: createEventCheck({
      categories: loadCategories(settings.categoriesFile),
      retentionDays: settings.retentionDays,
    }),
    send: (records) => producer.send(records),
  });
  return {
    producer,
    ingest,
    checkKey: createKeyCheck(settings.ingestKeys, 'write'),
    cors: createCors(settings.corsOrigins),
  };
}

function count(error: HttpError): void {
  const rejected = error.details.rejected;
  if (error.statusCode === 503) events.inc({ outcome: 'unavailable' });
  else if (Array.isArray(rejected)) events.inc({ outcome: 'rejected' }, rejected.length);
}

function json(
  statusCode: number,
  body: unknown,
  headers: Record<string, string>,
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
