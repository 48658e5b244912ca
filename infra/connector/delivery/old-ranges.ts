import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Logger } from '../../../shared/log/index.ts';
import type { Subscription } from '../functions/subscription.ts';
import { decodeNote } from './declaration.ts';
import { allPartitions, currentPositions } from './start.ts';

/** A range that is open: declared, and not known to be done. */
export interface OpenRange {
  topic: string;
  partition: number;
  route: number;
  firstSentMs: number;
}

export interface OldRanges {
  /** The old open range of another partition that holds up this route, if there is one. */
  holding(route: number, topic: string, partition: number): OpenRange | undefined;
  close(): void;
}

const OLD_MS = 3_600_000;
const INTERVAL_MS = 60_000;
const HELD_INTERVAL_MS = 5000;

/** Which of the open ranges hold up their route: those first sent more than an hour ago. */
export function oldRanges(open: readonly OpenRange[], nowMs: number): OpenRange[] {
  return open.filter(({ firstSentMs }) => nowMs - firstSentMs > OLD_MS);
}

/**
 * Watches the declarations of all partitions of a group, whoever owns them: at start and every minute. A store
 * remembers a limited number of range names; while a range is open for long, nothing else is sent on its route,
 * so that its name is not pushed out before it is known to be done.
 */
export function watchOldRanges({
  cluster,
  subscription,
  lane,
  log,
  now,
}: {
  cluster: Cluster;
  subscription: Subscription;
  lane: string;
  log: Logger;
  now: () => number;
}): OldRanges {
  let old: OpenRange[] = [];
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const found: OpenRange[] = [];
    for (const name of [...subscription.topics, subscription.retryTopic]) {
      const topic = await cluster.topic(name);
      if (!topic) continue;
      const positions = await currentPositions(cluster, {
        groupId: subscription.group,
        topic,
        partitions: allPartitions(topic),
        lane,
      });
      for (const [partition, { metadata }] of positions) {
        const declaration = decodeNote(metadata)?.declaration;
        if (declaration) found.push({ topic: name, partition, ...declaration });
      }
    }
    const before = old.length;
    old = oldRanges(found, now());
    if (old.length > 0 && before === 0) {
      log.error({ ranges: old }, 'ranges are open for more than an hour; their routes wait for them');
    }
  }

  function schedule(ms: number): void {
    if (closed) return;
    timer = setTimeout(() => {
      look()
        .catch((error) => log.warn({ err: messageOf(error) }, 'open ranges cannot be read at present'))
        .finally(() => schedule(old.length > 0 ? HELD_INTERVAL_MS : INTERVAL_MS));
    }, ms);
  }

  schedule(0);
  return {
    holding: (route, topic, partition) =>
      old.find((range) => range.route === route && !(range.topic === topic && range.partition === partition)),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
