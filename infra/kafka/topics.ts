import type { Admin } from 'kafkajs';
import { makeTopics } from '../../shared/clients/kafka/index.ts';
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
    await makeTopics(
      admin,
      plan.create.map(({ topic, partitions, config }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replicas,
        // Two of three: either broker may be lost without a stop, and without losing an acknowledged record.
        configEntries: entries({ ...config, 'min.insync.replicas': replicas >= 3 ? '2' : '1' }),
      })),
    );
  }
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
