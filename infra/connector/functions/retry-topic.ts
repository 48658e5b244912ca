import { createTopicsV7 } from '@platformatic/kafka';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { kafkaErrorId } from '../../../shared/clients/kafka-protocol/errors.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Logger } from '../../../shared/log/index.ts';

const PARTITIONS = 3;
const THIRTY_DAYS_MS = 30 * 86_400_000;

/**
 * Makes the retry topic of a group where it is missing, so that it is read from the function's deployment on and
 * nothing redriven is missed. It keeps as long as dead letters do.
 */
export async function ensureRetryTopic(cluster: Cluster, topic: string, log: Logger): Promise<void> {
  if ((await cluster.readTopics([topic])).has(topic)) return;
  try {
    await cluster.call(
      await cluster.anyBroker(),
      'metadata',
      createTopicsV7.api,
      [
        {
          name: topic,
          numPartitions: PARTITIONS,
          replicationFactor: -1,
          assignments: [],
          configs: [
            { name: 'retention.ms', value: String(THIRTY_DAYS_MS) },
            { name: 'retention.bytes', value: '-1' },
          ],
        },
      ],
      10_000,
      false,
    );
    log.info({ topic }, 'retry topic made');
  } catch (error) {
    if (kafkaErrorId(error) === 'TOPIC_ALREADY_EXISTS') return;
    log.warn({ topic, err: messageOf(error) }, 'the retry topic is missing and could not be made');
  }
}
