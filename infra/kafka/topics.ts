import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { PipelineError } from '../../shared/errors/index.ts';
import { type ExistingTopic, planTopics, type TopicPlan } from './plan-topics.ts';
import { type TopicSettings, topicTable } from './topic-table.ts';

const topicResource = 2;

/**
 * Brings the topics to what topic-table.ts says: makes those that are missing, raises partitions where the setting
 * was raised, and follows changed retention on the embedded brokers. Safe to repeat; never lowers, never deletes.
 *
 * @param admin connected.
 * @param groups consumer groups of the functions that read a topic.
 * @throws PipelineError `TOPIC_PARTITIONS` when a topic has more partitions than the setting says; nothing is changed.
 */
export async function createTopics(
  settings: TopicSettings,
  { admin, groups }: { admin: Admin; groups: readonly string[] },
): Promise<TopicPlan> {
  const table = topicTable(settings, groups);
  const existing = await readTopics(
    admin,
    table.map((spec) => spec.topic),
  );
  const plan = planTopics({ table, existing, keepConfig: settings.engines !== 'embedded' });
  if (plan.create.length > 0) {
    const { brokers } = await admin.describeCluster();
    const replicas = Math.min(brokers.length, 3);
    await admin.createTopics({
      // It asks any broker, gives up when one has not heard of the topic yet, and several brokers take their time.
      waitForLeaders: false,
      topics: plan.create.map(({ topic, partitions, config }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replicas,
        // Two of three: either broker may be lost without a stop, and without losing an acknowledged record.
        configEntries: entries({ ...config, 'min.insync.replicas': replicas >= 3 ? '2' : '1' }),
      })),
    });
  }
  await untilLed(
    admin,
    plan.create.map(({ topic }) => topic),
  );
  if (plan.raise.length > 0) {
    await admin.createPartitions({
      topicPartitions: plan.raise.map(({ topic, partitions }) => ({ topic, count: partitions })),
    });
  }
  if (plan.configure.length > 0) {
    await admin.alterConfigs({
      validateOnly: false,
      resources: plan.configure.map(({ topic, config }) => ({
        type: topicResource,
        name: topic,
        configEntries: entries(config),
      })),
    });
  }
  return plan;
}

/** Waits until every partition of these topics has a leader. @throws what the brokers said last after 30 s. */
async function untilLed(admin: Admin, topics: string[]): Promise<void> {
  if (topics.length === 0) return;
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics });
      const partitions = metadata.topics.flatMap((topic) => topic.partitions);
      if (partitions.every(({ leader }) => leader >= 0)) return;
    } catch (error) {
      if (Date.now() > deadline || (error as { retriable?: boolean }).retriable !== true) throw error;
    }
    if (Date.now() > deadline)
      throw new PipelineError('TOPICS', `no leaders after 30 s: ${topics.join(', ')}`);
    await delay(100);
  }
}

async function readTopics(admin: Admin, wanted: readonly string[]): Promise<ExistingTopic[]> {
  const names = new Set(await admin.listTopics());
  const present = wanted.filter((topic) => names.has(topic));
  if (present.length === 0) return [];
  const [{ topics }, { resources }] = await Promise.all([
    admin.fetchTopicMetadata({ topics: present }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: present.map((name) => ({ type: topicResource, name })),
    }),
  ]);
  return topics.map(({ name, partitions }) => {
    const config = resources.find((resource) => resource.resourceName === name)?.configEntries;
    if (config === undefined) {
      throw new PipelineError('TOPIC_CONFIG', `Kafka did not answer the configuration of topic ${name}`);
    }
    return {
      topic: name,
      partitions: partitions.length,
      config: Object.fromEntries(
        config.filter(isSetOnTopic).map((entry) => [entry.configName, entry.configValue]),
      ),
    };
  });
}

/** Set on the topic itself, not inherited from the broker. The types of kafkajs lack the field it answers with. */
function isSetOnTopic(entry: object): boolean {
  const dynamicTopicConfig = 1;
  return (entry as { configSource?: number }).configSource === dynamicTopicConfig;
}

function entries(config: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(config).map(([name, value]) => ({ name, value }));
}
