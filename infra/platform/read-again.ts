import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { createClickHouse, rows } from '../../shared/clients/clickhouse/index.ts';
import { createKafka } from '../../shared/clients/kafka/index.ts';
import { securityOptions } from '../../shared/clients/kafka-protocol/security.ts';
import type { Settings } from '../../shared/config/index.ts';
import { messageOf, PipelineError } from '../../shared/errors/index.ts';
import { createLogger } from '../../shared/log/index.ts';
import { readGatewayPassword } from '../gateway/password.ts';

/** The functions that write a store; each is its own consumer group. */
export const sinks = ['clickhouse-write', 'mongo-write'] as const;
export type Sink = (typeof sinks)[number];

/**
 * Has a store that lost everything read again from the first event that Kafka still has. The function is removed, so that
 * its connectors leave the group, and its positions are moved to the beginning; deploying it again is the caller's.
 *
 * ClickHouse must be empty, tokens included (tables made anew): the same events come in other ranges, whose tokens it
 * would not know, so that rows which are there would be doubled. MongoDB finds a document by its `_id`.
 *
 * @returns events that will be read.
 * @throws PipelineError `NOT_EMPTY` when ClickHouse has rows; `GROUP` when somebody stays in the group.
 */
export async function readAgain(settings: Settings, sink: Sink): Promise<number> {
  if (sink === 'clickhouse-write') await requireEmpty(settings);
  await removeFunction(settings, sink);
  const admin = createKafka({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'read-again',
    log: createLogger('read-again', { ...process.env, LOG_LEVEL: 'error' }),
    connectionOptions: securityOptions(settings),
  }).admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(settings.cleanTopic);
    const partitions = offsets.map(({ partition, low }) => ({ partition, offset: low }));
    await moveTo(admin, { groupId: sink, topic: settings.cleanTopic, partitions });
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  } finally {
    await admin.disconnect();
  }
}

async function requireEmpty(settings: Settings): Promise<void> {
  const clickhouse = createClickHouse(settings);
  try {
    for (const [shard, { run }] of clickhouse.shards.entries()) {
      const [found] = await run((client) =>
        rows<{ events: string }>(client, 'SELECT count() AS events FROM events_local'),
      );
      if (Number(found?.events ?? 0) === 0) continue;
      throw new PipelineError(
        'NOT_EMPTY',
        `ClickHouse’s shard ${shard} has ${found?.events} events, which would be counted twice: ` +
          '`make verify REPAIR=1` writes only what is missing',
      );
    }
  } finally {
    await clickhouse.close();
  }
}

async function removeFunction(settings: Settings, functionName: string): Promise<void> {
  const credentials = `${settings.gatewayUser}:${readGatewayPassword(settings) ?? ''}`;
  const answer = await fetch(new URL('/system/functions', settings.gatewayUrl), {
    method: 'DELETE',
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ functionName }),
  });
  // 404: an earlier run that broke off has removed it.
  if (!answer.ok && answer.status !== 404) {
    throw new PipelineError(
      'GATEWAY',
      `${functionName} cannot be removed: ${answer.status} ${await answer.text()}`,
    );
  }
}

/** Kafka refuses while the group has members; connectors leave when they next read the list of functions. */
async function moveTo(
  admin: Admin,
  position: { groupId: string; topic: string; partitions: { partition: number; offset: string }[] },
): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await admin.setOffsets(position);
    } catch (error) {
      if (Date.now() > deadline) {
        throw new PipelineError(
          'GROUP',
          `positions of ${position.groupId} cannot be moved: ${messageOf(error)}`,
        );
      }
      await delay(1000);
    }
  }
}
