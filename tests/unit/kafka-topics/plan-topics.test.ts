import { describe, expect, test } from '@jest/globals';
import { planTopics } from '../../../infra/kafka/plan-topics.ts';
import { type TopicSettings, topicTable } from '../../../infra/kafka/topic-table.ts';

const settings: TopicSettings = {
  engines: 'embedded',
  rawTopic: 'events_raw',
  cleanTopic: 'events_clean',
  dlqTopic: 'events_dlq',
  eventsPartitions: 6,
  retentionBytes: 2 ** 31,
};
const groups = ['transform', 'mongo-write'];
const day = 86_400_000;

describe('the table of topics', () => {
  const table = topicTable(settings, groups);
  const spec = (topic: string) => table.find((s) => s.topic === topic);

  test.each([
    ['events_raw', 6, 7, 'delete'],
    ['events_clean', 6, 7, 'delete'],
    ['events_dlq', 3, 30, 'compact,delete'],
    ['transform.retry', 3, 30, 'delete'],
    ['mongo-write.retry', 3, 30, 'delete'],
    ['openfaas_async', 6, 1, 'delete'],
  ])('%s: %i partitions, %i days, %s', (topic, partitions, days, cleanup) => {
    expect(spec(topic)).toMatchObject({
      partitions,
      config: { 'retention.ms': String(days * day), 'cleanup.policy': cleanup },
    });
  });

  test('only the events are bounded by size, and only on embedded brokers', () => {
    const bounded = table
      .filter(({ config }) => config['retention.bytes'] !== '-1')
      .map(({ topic }) => topic);
    expect(bounded).toEqual(['events_raw', 'events_clean']);
    const elsewhere = topicTable({ ...settings, engines: 'external' }, groups);
    expect(elsewhere.every(({ config }) => config['retention.bytes'] === '-1')).toBe(true);
  });
});

describe('the plan', () => {
  const table = topicTable(settings, groups);
  const asItShouldBe = table.map(({ topic, partitions, config }) => ({ topic, partitions, config }));
  const plan = (existing: typeof asItShouldBe, keepConfig = false) =>
    planTopics({ table, existing, keepConfig });

  test('nothing there: all are made', () => {
    expect(plan([]).create).toEqual(table);
  });

  test('all there: nothing is done', () => {
    expect(plan(asItShouldBe)).toEqual({ create: [], raise: [], configure: [] });
  });

  test('fewer partitions than the setting: raised', () => {
    const existing = asItShouldBe.map((t) => (t.topic === 'events_raw' ? { ...t, partitions: 4 } : t));
    expect(plan(existing).raise).toEqual([{ topic: 'events_raw', partitions: 6 }]);
  });

  test('more partitions than the setting: refused, naming the topics and the way out', () => {
    const existing = asItShouldBe.map((t) => ({ ...t, partitions: 12 }));
    expect(() => plan(existing)).toThrow(/events_raw has 12, events_clean has 12.*set EVENTS_PARTITIONS=12/);
  });

  test('more partitions where no setting says how many: left alone', () => {
    const existing = asItShouldBe.map((t) => (t.topic === 'events_dlq' ? { ...t, partitions: 9 } : t));
    expect(plan(existing)).toEqual({ create: [], raise: [], configure: [] });
  });

  test('another retention: followed, with what else is set on the topic; on brokers of one’s own left alone', () => {
    const existing = asItShouldBe.map((t) =>
      t.topic === 'events_raw'
        ? { ...t, config: { ...t.config, 'retention.bytes': '5', 'flush.ms': '9' } }
        : t,
    );
    expect(plan(existing).configure).toEqual([
      {
        topic: 'events_raw',
        config: expect.objectContaining({ 'retention.bytes': '2147483648', 'flush.ms': '9' }),
      },
    ]);
    expect(plan(existing, true).configure).toEqual([]);
  });
});
