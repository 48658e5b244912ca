import { entryWords, idOf, type Place, placeOf } from '../../shared/clients/claims/entry.ts';
import type { ClaimAnswer } from '../../shared/clients/claims/index.ts';
import type { ClaimRequest } from '../../shared/clients/claims/request.ts';
import type { Duplicates } from './duplicates.ts';
import type { KeeperMetrics } from './metrics.ts';
import type { Store } from './store.ts';

export interface Keeper {
  /** One batch at a time, in the order of the calls: two that ask for one id do not both get it. */
  claim(request: ClaimRequest): Promise<ClaimAnswer>;
  /** Lets go of claims that nothing is left to meet; see `horizon.ts`. */
  expire(beforeMs: number): Promise<void>;
  close(): Promise<void>;
}

/** The store behind a queue; what is found to be a duplicate is written down and counted. */
export function createKeeper({
  store,
  duplicates,
  metrics,
  now = Date.now,
}: {
  store: Store;
  duplicates: Duplicates;
  metrics: KeeperMetrics;
  now?: () => number;
}): Keeper {
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => {});
    return result;
  };
  const observe = () => {
    metrics.kept.set(store.count());
    metrics.memory.set(store.memory());
    metrics.newest.set(store.newest());
  };
  observe();

  return {
    claim: (request) =>
      inTurn(async () => {
        const asked = request.entries.length / entryWords;
        const places = (index: number): Place => placeOf(request.entries, index, store.topics);
        const held = await store.claim(request);
        const found = held.map(({ index, holder }) => ({ index, holder: placeOf(holder, 0, store.topics) }));
        duplicates.add(
          found.map(({ index, holder }) => ({
            event_id: idOf(request.entries, index),
            place: places(index),
            holder,
            seen_at: new Date(now()).toISOString(),
          })),
        );
        metrics.asked.inc({ answer: 'own' }, asked - held.length);
        metrics.asked.inc({ answer: 'duplicate' }, held.length);
        observe();
        return { duplicates: found };
      }),
    expire: (beforeMs) =>
      inTurn(async () => {
        store.dropOlderThan(Math.floor(beforeMs / 1000));
        observe();
      }),
    close: () =>
      inTurn(async () => {
        await store.close();
        duplicates.close();
      }),
  };
}
