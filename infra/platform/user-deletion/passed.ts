import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { readPositions } from '../../../shared/clients/kafka-protocol/offsets.ts';
import { bounds, type Offsets } from '../../../shared/clients/kafka-protocol/read-log.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { retryTopic } from '../../kafka/topic-table.ts';

/**
 * Waits until the groups have acknowledged what a topic and their retry topics hold at this moment.
 *
 * @returns the topic's ends.
 * @throws PipelineError `NOT_PASSED` when it takes longer than `timeoutMs`.
 */
export async function untilPassed(
  cluster: Cluster,
  { topic, groups, timeoutMs }: { topic: string; groups: readonly string[]; timeoutMs: number },
): Promise<Offsets> {
  const { end } = await bounds(cluster, topic);
  for (const groupId of groups) {
    await groupPasses(cluster, { groupId, topic, end, timeoutMs });
    const retry = retryTopic(groupId);
    if ((await cluster.readTopics([retry])).has(retry)) {
      await groupPasses(cluster, {
        groupId,
        topic: retry,
        end: (await bounds(cluster, retry)).end,
        timeoutMs,
      });
    }
  }
  return end;
}

async function groupPasses(
  cluster: Cluster,
  { groupId, topic, end, timeoutMs }: { groupId: string; topic: string; end: Offsets; timeoutMs: number },
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const { start } = await bounds(cluster, topic);
  for (;;) {
    const partitions = [...end.keys()];
    const positions = await readPositions(cluster, {
      groupId,
      topic,
      partitions,
      stable: false,
      lane: 'passed',
    });
    const behind = partitions.filter(
      (each) => (positions.get(each)?.offset ?? start.get(each) ?? 0) < (end.get(each) ?? 0),
    );
    if (behind.length === 0) return;
    if (Date.now() > deadline) {
      throw new PipelineError(
        'NOT_PASSED',
        `${groupId} has not read ${topic} to the end that it had (partitions ${behind.join(', ')}); start the pipeline, or wait, and run this again`,
      );
    }
    await delay(250);
  }
}
