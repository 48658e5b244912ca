import type { Settings } from '../../shared/config/index.ts';

/** A topic as it should be. */
export interface TopicSpec {
  topic: string;
  partitions: number;
  /** Given by EVENTS_PARTITIONS: more of them than it says are refused, elsewhere they are left as they are. */
  bySetting?: true;
  config: Readonly<Record<string, string>>;
}

export type TopicSettings = Pick<
  Settings,
  'engines' | 'rawTopic' | 'cleanTopic' | 'dlqTopic' | 'eventsPartitions' | 'retentionBytes'
>;

/** Calls that the gateway has queued. */
export const asyncTopic = 'openfaas_async';

/** Where redriven records of a function's consumer group go. */
export const retryTopic = (group: string): string => `${group}.retry`;

const day = 86_400_000;
const mebibyte = 1_048_576;

/**
 * Every topic of the pipeline.
 *
 * @param groups consumer groups of the functions that read a topic: each has a retry topic.
 */
export function topicTable(settings: TopicSettings, groups: readonly string[]): TopicSpec[] {
  const events = {
    partitions: settings.eventsPartitions,
    bySetting: true as const,
    config: { ...kept(7), ...sizeBound(settings) },
  };
  return [
    { topic: settings.rawTopic, ...events },
    { topic: settings.cleanTopic, ...events },
    {
      topic: settings.dlqTopic,
      partitions: 3,
      // The last segment is never compacted: a new one each day lets yesterday's tombstones take effect.
      config: { ...kept(30), 'cleanup.policy': 'compact,delete', 'segment.ms': String(day) },
    },
    // As long as the dead letters: what was redriven must not vanish before them.
    ...groups.map((group) => ({ topic: retryTopic(group), partitions: 3, config: kept(30) })),
    { topic: asyncTopic, partitions: 6, config: kept(1) },
  ];
}

function kept(days: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(days * day),
    'retention.bytes': '-1',
    // One batch of a thousand events of up to 64 KiB; brokers allow 1 MiB by default.
    'max.message.bytes': String(16 * mebibyte),
  };
}

/** One machine's disk is bounded by size as well; brokers of one's own have room by their own rules. */
function sizeBound({ engines, retentionBytes }: TopicSettings): Record<string, string> {
  if (engines !== 'embedded') return {};
  // Only whole segments are removed: with large ones the bound would be exceeded by as much.
  const segment = Math.min(256 * mebibyte, Math.max(16 * mebibyte, Math.floor(retentionBytes / 4)));
  return { 'retention.bytes': String(retentionBytes), 'segment.bytes': String(segment) };
}
