import { setTimeout as delay } from 'node:timers/promises';
import type { offsetFetchV8 } from '@platformatic/kafka';
import type { Cluster } from '../../../../shared/clients/kafka-protocol/cluster.ts';

const offsetFetch = 9;
/** OffsetCommit and TxnOffsetCommit. */
const writes: ReadonlySet<number> = new Set([8, 28]);

type Answer = offsetFetchV8.OffsetFetchResponse;

/**
 * A cluster whose group coordinators have not read their log to the end yet when they are asked: for `loadMs` after a
 * lane's first request it hears that there is no position, or one of `before`, and a write of it is taken only
 * afterwards. What would be answered is added to `before`.
 */
export function halfLoaded(
  cluster: Cluster,
  { loadMs, random, before }: { loadMs: number; random: () => number; before: Answer[] },
): Cluster {
  const loadedAt = new Map<string, number>();
  return {
    ...cluster,
    async callCoordinator(kind, key, lane, api, ...args) {
      const asks = api.key === offsetFetch;
      if (!asks && !writes.has(api.key)) return cluster.callCoordinator(kind, key, lane, api, ...args);
      const loaded = loadedAt.get(lane) ?? Date.now() + loadMs;
      loadedAt.set(lane, loaded);
      // The real client asks again when it is told that this is not the coordinator.
      if (!asks) await delay(Math.max(0, loaded - Date.now()));
      const answer = await cluster.callCoordinator(kind, key, lane, api, ...args);
      if (!asks) return answer;
      const fetched = answer as Answer;
      const earlier = before.filter((each) => topicOf(each) === topicOf(fetched));
      before.push(structuredClone(fetched));
      if (Date.now() >= loaded) return answer;
      return (earlier[Math.floor(random() * 2 * earlier.length)] ??
        withoutPositions(fetched)) as typeof answer;
    },
  };
}

const topicOf = ({ groups }: Answer) => groups[0]?.topics[0]?.name;

function withoutPositions(answer: Answer): Answer {
  const none = structuredClone(answer);
  for (const { topics } of none.groups) {
    for (const { partitions } of topics) {
      for (const each of partitions) Object.assign(each, { committedOffset: -1n, metadata: '' });
    }
  }
  return none;
}
