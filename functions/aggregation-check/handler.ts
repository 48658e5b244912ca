import middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { z } from 'zod';
import { createClickHouse } from '../../shared/clients/clickhouse/index.ts';
import { createMongo } from '../../shared/clients/mongo/index.ts';
import { readSettings } from '../../shared/config/index.ts';
import { HttpError, messageOf } from '../../shared/errors/index.ts';
import { createLogger } from '../../shared/log/index.ts';
import { createCheck } from './check.ts';
import { createKafkaLog } from './kafka/log.ts';
import { reportUnavailable, reportVerdict } from './metrics.ts';
import type { Verdict } from './verdict.ts';
import { readVerdicts, writeVerdict } from './verdicts.ts';

const log = createLogger('aggregation-check');

const requestSchema = z.strictObject({
  /** Count everything in MongoDB too, however large it is. */
  full: z.boolean().default(false),
  /** Milliseconds to wait until the sinks have acknowledged the end. */
  wait_ms: z.number().int().min(0).max(90_000).default(20_000),
});

let connections: ReturnType<typeof connect> | undefined;
/** Checks run one after the other: they share what they have read of the log. */
let last: Promise<unknown> = Promise.resolve();

/** `POST` (by cron, or with `{"full": true}`) checks; `GET /verdicts?limit=` lists what was found, newest first. */
export const handler = middy(
  async (event: APIGatewayProxyEventV2): Promise<unknown> => {
    connections ??= connect();
    const { client } = connections;
    if (event.requestContext.http.method === 'GET') {
      const limit = z.coerce
        .number()
        .int()
        .min(1)
        .max(1000)
        .catch(10)
        .parse(event.queryStringParameters?.limit);
      return { verdicts: await readVerdicts(client, limit).catch(unavailable) };
    }
    const { full, wait_ms } = readRequest(event);
    const check = connections.check;
    const run = last.then(() => runCheck(() => check.run({ full, waitMs: wait_ms })));
    last = run.catch(() => {});
    return run;

    async function runCheck(run: () => Promise<Verdict>): Promise<Verdict> {
      try {
        const verdict = await run();
        await writeVerdict(client, verdict);
        reportVerdict(verdict);
        const { status, lost, doubled, unexpected, drifted, checked, duration_ms } = verdict;
        const line = { status, lost, doubled, unexpected, drifted, events: checked.events, duration_ms };
        if (status === 'differs') log.error(line, 'stores differ from Kafka');
        else log.info(line, 'checked');
        return verdict;
      } catch (error) {
        reportUnavailable();
        return unavailable(error);
      }
    }
  },
  {
    // The wrapper bounds a call; a second clock would give up work that goes on.
    timeoutEarlyInMillis: 0,
  },
);

/** Closes the connections. */
export async function close(): Promise<void> {
  await last;
  await Promise.all([
    connections?.clickhouse.close(),
    connections?.mongo.close(),
    connections?.kafka.close(),
  ]);
  connections = undefined;
}

function readRequest(event: APIGatewayProxyEventV2): z.output<typeof requestSchema> {
  const text = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
  let given: unknown;
  try {
    given = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw new HttpError(400, 'the body is not JSON');
  }
  const result = requestSchema.safeParse(given);
  if (!result.success) throw new HttpError(400, z.prettifyError(result.error));
  return result.data;
}

function unavailable(error: unknown): never {
  if (error instanceof HttpError) throw error;
  throw new HttpError(503, `nothing can be said now: ${messageOf(error)}`, {
    cause: error,
    retryAfterSeconds: 10,
  });
}

/** Once a process. */
function connect() {
  const settings = readSettings(process.env);
  const clickhouse = createClickHouse(settings);
  const mongo = createMongo(settings);
  const kafka = createKafkaLog({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'aggregation-check',
  });
  // The check's own tables are those of the first shard.
  const client = clickhouse.shards[0]?.replicas[0];
  if (client === undefined) throw new HttpError(503, 'CLICKHOUSE_URL names no server');
  const check = createCheck({
    log: kafka,
    client,
    events: mongo.events(),
    cleanTopic: settings.cleanTopic,
    deadLetterTopic: settings.dlqTopic,
    retentionDays: settings.retentionDays,
  });
  return { clickhouse, mongo, kafka, client, check };
}
