import type { Cluster } from '../../../../shared/clients/kafka-protocol/cluster.ts';

/** Kinds of requests that write, by their number in Kafka's protocol. */
const writes = new Map([
  [8, 'OffsetCommit'],
  [22, 'InitProducerId'],
  [24, 'AddPartitionsToTxn'],
  [25, 'AddOffsetsToTxn'],
  [26, 'EndTxn'],
  [28, 'TxnOffsetCommit'],
]);

/**
 * A cluster whose answers get lost: the request took effect, or is still on its way and lands later, but the
 * caller learns nothing. `hits` counts what was done, by kind of request.
 */
export function lossy(
  cluster: Cluster,
  {
    share,
    random,
    lateMs,
    hits,
  }: { share: number; random: () => number; lateMs: number; hits: Map<string, number> },
): Cluster {
  const noAnswer = () => new Error('the answer was lost');
  return {
    ...cluster,
    async callCoordinator(kind, key, lane, api, ...args) {
      const name = writes.get(api.key);
      const chance = random();
      if (name === undefined || chance >= share)
        return cluster.callCoordinator(kind, key, lane, api, ...args);
      const late = chance < share / 2;
      hits.set(`${name} ${late ? 'late' : 'lost'}`, (hits.get(`${name} ${late ? 'late' : 'lost'}`) ?? 0) + 1);
      if (late) {
        // The caller gives up; the request reaches the broker only after it has gone on.
        setTimeout(
          () => void cluster.callCoordinator(kind, key, lane, api, ...args).catch(() => {}),
          lateMs * random(),
        );
        throw noAnswer();
      }
      await cluster.callCoordinator(kind, key, lane, api, ...args);
      throw noAnswer();
    },
  };
}
