import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import { createKafka } from '../../../shared/clients/kafka/index.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { createLogger } from '../../../shared/log/index.ts';
import { pathsOf } from '../paths.ts';
import type { Costs } from './model.ts';

/**
 * Bytes on disk of one event in each place of the embedded engines, one copy: the files of its topic, its collection, its
 * tables, divided by what is in them. Exact enough from some 100,000 events on; ClickHouse's get fewer as parts merge.
 */
export async function eventBytes(settings: Settings): Promise<Costs['bytes']> {
  const { data } = pathsOf(settings);
  const topics = await recordsOf(settings, [settings.rawTopic, settings.cleanTopic]);
  const ofTopic = (topic: string) =>
    logBytes(join(data, 'kafka-1'), topic) / Math.max(1, topics.get(topic) ?? 0);
  const mongo = createMongo(settings);
  const clickhouse = createClickHouse(settings);
  try {
    const documents = await mongo.events().estimatedDocumentCount();
    const [tables] = await rows<{ bytes: string; events: string }>(
      clickhouse.shards[0]?.replicas[0] as never,
      `SELECT sum(bytes_on_disk) AS bytes, sumIf(rows, table = 'events_local') AS events FROM system.parts
       WHERE active AND database = currentDatabase() AND table IN
         ('events_local', 'events_per_minute_local', 'users_per_day_local')`,
    );
    return {
      events_raw: ofTopic(settings.rawTopic),
      events_clean: ofTopic(settings.cleanTopic),
      mongodb: treeBytes(join(data, 'mongodb')) / Math.max(1, documents),
      clickhouse: Number(tables?.bytes ?? 0) / Math.max(1, Number(tables?.events ?? 0)),
    };
  } finally {
    await Promise.all([mongo.close(), clickhouse.close()]);
  }
}

async function recordsOf(settings: Settings, topics: readonly string[]): Promise<Map<string, number>> {
  const admin = createKafka({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'sizing',
    log: createLogger('sizing', { ...process.env, LOG_LEVEL: 'error' }),
    connectionOptions: securityOptions(settings),
  }).admin();
  await admin.connect();
  try {
    const found = new Map<string, number>();
    for (const topic of topics) {
      const offsets = await admin.fetchTopicOffsets(topic);
      found.set(
        topic,
        offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0),
      );
    }
    return found;
  } finally {
    await admin.disconnect();
  }
}

/** Segments alone: indexes are made in full length and filled later. */
function logBytes(folder: string, topic: string): number {
  return readdirSync(folder)
    .filter((name) => new RegExp(`^${topic.replaceAll('.', '\\.')}-\\d+$`).test(name))
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    .filter((file) => file.endsWith('.log'))
    .reduce((sum, file) => sum + statSync(file).size, 0);
}

function treeBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
