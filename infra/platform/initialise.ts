import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseShards } from '../../shared/clients/clickhouse/index.ts';
import { createKafka } from '../../shared/clients/kafka/index.ts';
import { securityOptions } from '../../shared/clients/kafka-protocol/security.ts';
import type { Settings } from '../../shared/config/index.ts';
import { createLogger } from '../../shared/log/index.ts';
import { migrateClickhouse } from '../clickhouse/migrate.ts';
import { readStack } from '../gateway/deploy/stack-file.ts';
import { createTopics } from '../kafka/topics.ts';
import { migrateMongo } from '../mongo/migrate.ts';
import { projectRoot } from './paths.ts';
import { tick } from './terminal/progress.ts';

/** Topics, and the schemas of both stores; changes nothing where they are as they must be. */
export async function initialise(settings: Settings): Promise<void> {
  const { create, raise } = await makeTopics(settings);
  const changed = [...create, ...raise].map(({ topic }) => topic);
  tick('topics', changed.length > 0 ? changed.join(', ') : 'up to date');
  const mongo = await migrateMongo(settings);
  tick('MongoDB schema', said(mongo.applied));
  const clickhouse = await migrateClickhouse(settings);
  tick('ClickHouse schema', said(clickhouse.applied));
  const shards = parseShards(settings.clickhouseUrl).length;
  const { eventsPartitions } = settings;
  if (shards > eventsPartitions) {
    console.log(
      `  note: of ${shards} ClickHouse shards ${shards - eventsPartitions} get no events, as each partition goes to one and there are ${eventsPartitions}: make init-db EVENTS_PARTITIONS=${shards} or more`,
    );
  }
}

async function makeTopics(settings: Settings) {
  const kafka = createKafka({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'platform',
    log: createLogger('platform', { ...process.env, LOG_LEVEL: 'error' }),
    connectionOptions: securityOptions(settings),
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await createTopics(settings, { admin, groups: consumerGroups() });
  } finally {
    await admin.disconnect();
  }
}

/** Groups of the functions of stack.yml that read a topic. */
function consumerGroups(): string[] {
  const { deployments } = readStack(readFileSync(join(projectRoot, 'stack.yml'), 'utf8'), process.env);
  return deployments.flatMap(({ service, annotations }) =>
    annotations?.topic && annotations.topic !== 'cron-function'
      ? [annotations['kafka.group'] ?? service]
      : [],
  );
}

const said = (applied: readonly string[]) => (applied.length > 0 ? applied.join(', ') : 'up to date');
