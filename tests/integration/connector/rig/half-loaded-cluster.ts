import type { offsetFetchV8 } from '@platformatic/kafka';
import type { Cluster } from '../../../../shared/clients/kafka-protocol/cluster.ts';

const offsetFetch = 9;

type Answer = offsetFetchV8.OffsetFetchResponse;

/**
 * A cluster whose group coordinators have not read their log to the end: they answer that there is no position, or one of
 * `before`. What they should answer is added to `before`.
 */
export function halfLoaded(
  cluster: Cluster,
  { random, before }: { random: () => number; before: Answer[] },
): Cluster {
  return {
    ...cluster,
    async callCoordinator(kind, key, lane, api, ...args) {
      const answer = await cluster.callCoordinator(kind, key, lane, api, ...args);
      if (api.key !== offsetFetch) return answer;
      const fetched = answer as Answer;
      const earlier = before.filter((each) => topicOf(each) === topicOf(fetched));
      before.push(structuredClone(fetched));
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
