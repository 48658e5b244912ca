import { PipelineError } from '../../shared/errors/index.ts';
import type { TopicSpec } from './topic-table.ts';

export interface ExistingTopic {
  topic: string;
  partitions: number;
  /** What is set on the topic itself. */
  config: Readonly<Record<string, string>>;
}

/** What has to be done so that the topics are as the table says. */
export interface TopicPlan {
  create: TopicSpec[];
  raise: { topic: string; partitions: number }[];
  /** The whole configuration of a topic: Kafka's request replaces all of it. */
  configure: { topic: string; config: Record<string, string> }[];
}

/**
 * Compares the table with what is there.
 *
 * @param keepConfig leave the configuration of existing topics alone.
 * @throws PipelineError `TOPIC_PARTITIONS` for topics with more partitions than their setting says.
 */
export function planTopics({
  table,
  existing,
  keepConfig,
}: {
  table: readonly TopicSpec[];
  existing: readonly ExistingTopic[];
  keepConfig: boolean;
}): TopicPlan {
  const plan: TopicPlan = { create: [], raise: [], configure: [] };
  const tooMany: ExistingTopic[] = [];
  for (const spec of table) {
    const found = existing.find(({ topic }) => topic === spec.topic);
    if (found === undefined) {
      plan.create.push(spec);
      continue;
    }
    if (found.partitions < spec.partitions) {
      plan.raise.push({ topic: spec.topic, partitions: spec.partitions });
    }
    if (found.partitions > spec.partitions && spec.bySetting) {
      tooMany.push(found);
    }
    const differs = Object.entries(spec.config).some(([name, value]) => found.config[name] !== value);
    if (differs && !keepConfig) {
      plan.configure.push({ topic: spec.topic, config: { ...found.config, ...spec.config } });
    }
  }
  if (tooMany.length > 0) {
    const topics = tooMany.map(({ topic, partitions }) => `${topic} has ${partitions}`).join(', ');
    const most = Math.max(...tooMany.map(({ partitions }) => partitions));
    throw new PipelineError(
      'TOPIC_PARTITIONS',
      `EVENTS_PARTITIONS asks for fewer partitions than there are: ${topics}. ` +
        `Kafka cannot take partitions away: set EVENTS_PARTITIONS=${most}.`,
    );
  }
  return plan;
}
