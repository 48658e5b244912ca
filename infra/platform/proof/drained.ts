import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { readPositions } from '../../../shared/clients/kafka-protocol/offsets.ts';
import { bounds, type Offsets } from '../../../shared/clients/kafka-protocol/read-log.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';

/** Records of a topic that a function has not acknowledged yet. */
export interface Backlog {
  function: string;
  topic: string;
  records: number;
}

/** Who reads what. */
export function readersOf(settings: Settings): { function: string; topic: string }[] {
  return [
    { function: 'transform', topic: settings.rawTopic },
    { function: 'mongo-write', topic: settings.cleanTopic },
    { function: 'clickhouse-write', topic: settings.cleanTopic },
  ];
}

/** What each function has still to acknowledge, read from Kafka itself; markers at a log's end count. */
export async function backlogs(cluster: Cluster, settings: Settings): Promise<Backlog[]> {
  const found: Backlog[] = [];
  for (const { function: name, topic } of readersOf(settings)) {
    const { start, end } = await bounds(cluster, topic);
    const positions = await readPositions(cluster, {
      groupId: name,
      topic,
      partitions: [...end.keys()],
      stable: false,
      lane: 'proof',
    });
    let records = 0;
    for (const [partition, to] of end) {
      records += Math.max(0, to - (positions.get(partition)?.offset ?? start.get(partition) ?? 0));
    }
    found.push({ function: name, topic, records });
  }
  return found;
}

/** Whether every function has acknowledged the end of its topic, and the ends did not move meanwhile. */
async function isDrained(
  cluster: Cluster,
  settings: Settings,
): Promise<{ raw: Offsets; clean: Offsets } | undefined> {
  const raw = (await bounds(cluster, settings.rawTopic)).end;
  const clean = (await bounds(cluster, settings.cleanTopic)).end;
  if ((await backlogs(cluster, settings)).some(({ records }) => records > 0)) return undefined;
  // What transform wrote last must be what the writers have read.
  const after = (await bounds(cluster, settings.cleanTopic)).end;
  return [...after].every(([partition, offset]) => clean.get(partition) === offset)
    ? { raw, clean }
    : undefined;
}

/**
 * Waits until everything sent so far is acknowledged by both writers: what is on its way is not lost.
 *
 * @returns the ends of both topics then.
 * @throws PipelineError `NOT_DRAINED` after `patienceMs` without any progress, naming what is left.
 */
export async function untilDrained(
  cluster: Cluster,
  settings: Settings,
  {
    patienceMs = 300_000,
    pollMs = 250,
    onWait = () => {},
  }: {
    patienceMs?: number;
    pollMs?: number;
    onWait?: (backlogs: readonly Backlog[], trouble?: string) => void | Promise<void>;
  } = {},
): Promise<{ raw: Offsets; clean: Offsets }> {
  let least = Number.POSITIVE_INFINITY;
  let lastProgress = Date.now();
  let waitingFor = '';
  for (;;) {
    try {
      const ends = await isDrained(cluster, settings);
      if (ends) return ends;
      const left = await backlogs(cluster, settings);
      const records = left.reduce((sum, one) => sum + one.records, 0);
      if (records < least) {
        least = records;
        lastProgress = Date.now();
      }
      waitingFor = left
        .filter((one) => one.records > 0)
        .map((one) => `${one.records} records of ${one.topic} for ${one.function}`)
        .join(', ');
      await onWait(left);
    } catch (error) {
      // Kafka is away for a moment.
      waitingFor = messageOf(error);
      await onWait([], waitingFor);
    }
    if (Date.now() - lastProgress > patienceMs) {
      throw new PipelineError(
        'NOT_DRAINED',
        `Nothing has moved for ${patienceMs / 1000} s; still waiting for ${waitingFor}. \`make logs\` and \`make status\` tell more.`,
      );
    }
    await delay(pollMs);
  }
}
