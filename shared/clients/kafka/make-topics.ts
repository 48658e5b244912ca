import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, ITopicConfig } from 'kafkajs';
import { PipelineError } from '../../errors/index.ts';

/**
 * Makes topics and waits until every partition has a leader. kafkajs's own waiting asks any broker, and gives up when
 * that one has not heard of the topic yet; a broker hears of it a moment after the controller has answered.
 *
 * @param admin connected.
 * @throws PipelineError `TOPICS`, or what the brokers said last, after 30 s.
 */
export async function makeTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await admin.createTopics({ topics, waitForLeaders: false });
  const names = topics.map(({ topic }) => topic);
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics: names });
      const partitions = metadata.topics.flatMap((topic) => topic.partitions);
      if (partitions.every(({ leader }) => leader >= 0)) return;
    } catch (error) {
      if (Date.now() > deadline || (error as { retriable?: boolean }).retriable !== true) throw error;
    }
    if (Date.now() > deadline)
      throw new PipelineError('TOPICS', `no leaders after 30 s: ${names.join(', ')}`);
    await delay(100);
  }
}
