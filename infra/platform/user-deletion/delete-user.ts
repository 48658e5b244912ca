import type { ClickHouseClient } from '@clickhouse/client';
import { createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { type LetterContent, purgeWhere } from '../../connector/redrive/purge-where.ts';
import { topicTable } from '../../kafka/topic-table.ts';
import { untilPassed } from './passed.ts';
import { excuseEvents, filterOf, isMeant, type Meant, paramsOf } from './places.ts';
import { daysWith, deleteFromMongo, deleteFromShard } from './stores.ts';

/** What was deleted, what is left, and until when. */
export interface Deletion {
  userId: number;
  /** RFC 3339. */
  deletedAt: string;
  events: number;
  deleted: { mongodb: number; clickhouse: number; deadLetters: number };
  /** All zero: nothing can be found any more. */
  left: { mongodb: number; clickhouse: number; days: number; deadLetters: number };
  /** Topics that still hold records, which nothing reads back, and until when at most; RFC 3339. */
  kafkaUntil: Record<string, string>;
}

/**
 * Deletes all that had been sent of a user by the time of the call, and asks again.
 *
 * @throws PipelineError `NOT_PASSED` when the pipeline does not catch up; nothing but dead letters is deleted then.
 */
export async function deleteUser(
  cluster: Cluster,
  settings: Settings,
  { userId, timeoutMs = 120_000, now = Date.now }: { userId: number; timeoutMs?: number; now?: () => number },
): Promise<Deletion> {
  const clickhouse = createClickHouse(settings, { requestTimeoutMs: 600_000 });
  const mongo = createMongo(settings, { socketTimeoutMs: 600_000 });
  const events = mongo.events();
  const [first] = clickhouse.shards;
  const client = first?.replicas[0] as ClickHouseClient;
  const purge = () =>
    purgeWhere({ cluster, deadLetterTopic: settings.dlqTopic, now }, (letter) => isOfUser(letter, userId));
  try {
    let deadLetters = await purge();
    const wait = { timeoutMs };
    await untilPassed(cluster, { topic: settings.rawTopic, groups: ['transform'], ...wait });
    const sinks = ['mongo-write', 'clickhouse-write'];
    const ends = await untilPassed(cluster, { topic: settings.cleanTopic, groups: sinks, ...wait });
    // What became one on its way.
    deadLetters += await purge();
    const meant: Meant = { userId, ends };
    const topicId = await topicIdOf(cluster, settings.cleanTopic);
    const count = await excuseEvents(client, { shards: clickhouse.shards, events, topicId }, meant);
    const documents = await deleteFromMongo(events, meant);
    let deletedRows = 0;
    for (const shard of clickhouse.shards) deletedRows += await deleteFromShard(shard, meant);
    let [rowsLeft, daysLeft] = [0, 0];
    for (const { replicas } of clickhouse.shards) {
      const shard = replicas[0] as ClickHouseClient;
      rowsLeft += await countRows(shard, meant);
      daysLeft += (await daysWith(shard, userId)).length;
    }
    return {
      userId,
      deletedAt: new Date(now()).toISOString(),
      events: count,
      deleted: { mongodb: documents, clickhouse: deletedRows, deadLetters },
      left: {
        mongodb: await events.countDocuments(filterOf(meant)),
        clickhouse: rowsLeft,
        days: daysLeft,
        deadLetters: await purge(),
      },
      kafkaUntil: kafkaUntil(settings, now()),
    };
  } finally {
    await Promise.all([clickhouse.close(), mongo.close()]);
  }
}

/** By the key it was sent under, or the user id that its value says. */
export function isOfUser({ key, value }: LetterContent, userId: number): boolean {
  if (key?.toString() === String(userId)) return true;
  if (value === null) return false;
  try {
    return Number((JSON.parse(value.toString()) as { user_id?: unknown } | null)?.user_id) === userId;
  } catch {
    return false;
  }
}

async function topicIdOf(cluster: Cluster, topic: string): Promise<string> {
  const found = (await cluster.readTopics([topic])).get(topic);
  if (found === undefined) throw new PipelineError('NO_TOPIC', `${topic} does not exist`);
  return found.id;
}

async function countRows(client: ClickHouseClient, meant: Meant): Promise<number> {
  const [found] = await rows<{ rows: string }>(
    client,
    `SELECT toString(count()) AS rows FROM events_local WHERE ${isMeant}`,
    { params: paramsOf(meant) },
  );
  return Number(found?.rows ?? 0);
}

/** Record time of now, the topic's age limit, and a day for the segment to end. */
function kafkaUntil(settings: Settings, nowMs: number): Record<string, string> {
  const table = topicTable(settings, ['transform', 'mongo-write', 'clickhouse-write']);
  return Object.fromEntries(
    table.map(({ topic, config }) => {
      const ms = nowMs + Number(config['retention.ms'] ?? 0) + 86_400_000;
      return [topic, new Date(ms).toISOString()];
    }),
  );
}
