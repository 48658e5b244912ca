import middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { z } from 'zod';
import { createClickHouse } from '../../shared/clients/clickhouse/index.ts';
import { securityOptions } from '../../shared/clients/kafka-protocol/security.ts';
import { createMongo } from '../../shared/clients/mongo/index.ts';
import { readSettings } from '../../shared/config/index.ts';
import { HttpError, messageOf } from '../../shared/errors/index.ts';
import { parseRfc3339 } from '../../shared/events/time.ts';
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
  /** Mend what is found, and look again. */
  repair: z.boolean().default(false),
});

const historySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(10),
  status: z.enum(['ok', 'differs', 'pending']).optional(),
  /** RFC 3339; with the `checked_at` of the last verdict of a page, the next page. */
  before: z
    .string()
    .transform((text, context) => {
      const ms = parseRfc3339(text);
      if (ms === undefined) context.addIssue({ code: 'custom', message: 'must be an RFC 3339 date-time' });
      return ms ?? 0;
    })
    .optional(),
});

let connections: ReturnType<typeof connect> | undefined;
/** Checks run one after the other: they share what they have read of the log. */
let last: Promise<unknown> = Promise.resolve();

/**
 * `POST` (by cron, or with `{"full": true, "repair": true}`, also as `?full=1&repair=1`) checks;
 * `GET /verdicts?limit=&status=&before=` lists what was found, newest first.
 */
export const handler = middy(
  async (event: APIGatewayProxyEventV2): Promise<unknown> => {
    connections ??= connect();
    const { home } = connections;
    if (event.requestContext.http.method === 'GET') {
      const { before: beforeMs, ...rest } = checked(historySchema, event.queryStringParameters ?? {});
      return {
        verdicts: await home((client) => readVerdicts(client, { ...rest, beforeMs })).catch(unavailable),
      };
    }
    const { full, wait_ms, repair } = readRequest(event);
    const check = connections.check;
    const run = last.then(() => runCheck(() => check.run({ full, waitMs: wait_ms, repair })));
    last = run.catch(() => {});
    return run;

    async function runCheck(run: () => Promise<Verdict>): Promise<Verdict> {
      try {
        const verdict = await run();
        await home((client) => writeVerdict(client, verdict));
        reportVerdict(verdict);
        const { status, lost, doubled, unexpected, drifted, checked, duration_ms } = verdict;
        const line = { status, lost, doubled, unexpected, drifted, events: checked.events, duration_ms };
        if (status === 'differs') log.error(line, 'stores differ from Kafka');
        else log.info(line, 'checked');
        if (verdict.repair !== undefined && verdict.repair.rounds > 0)
          log.warn({ repair: verdict.repair }, 'stores were repaired');
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
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new HttpError(400, 'the body is not a JSON object');
  }
  const { full, repair } = event.queryStringParameters ?? {};
  const inAddress = { ...flag('full', full), ...flag('repair', repair) };
  return checked(requestSchema, { ...given, ...inAddress });
}

function flag(name: string, text: string | undefined): Record<string, boolean> {
  if (text === undefined) return {};
  if (!['', '0', '1', 'true', 'false'].includes(text)) throw new HttpError(400, `${name}: must be 1 or 0`);
  return { [name]: text !== '0' && text !== 'false' };
}

function checked<T extends z.ZodType>(schema: T, given: unknown): z.output<T> {
  const result = schema.safeParse(given);
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
    connectionOptions: securityOptions(settings),
  });
  // The check's own tables are those of the first shard.
  const home = clickhouse.shards[0]?.run;
  if (home === undefined) throw new HttpError(503, 'CLICKHOUSE_URL names no server');
  const check = createCheck({
    log: kafka,
    shards: clickhouse.shards,
    insertQuorum: settings.clickhouseInsertQuorum,
    events: mongo.events(),
    leases: mongo.db.collection('check_leases'),
    cleanTopic: settings.cleanTopic,
    deadLetterTopic: settings.dlqTopic,
    retentionDays: settings.retentionDays,
  });
  return { clickhouse, mongo, kafka, home, check };
}
