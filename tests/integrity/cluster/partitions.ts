import { initialise } from '../../../infra/platform/initialise.ts';
import { readersOf } from '../../../infra/platform/proof/drained.ts';
import { readPositions } from '../../../shared/clients/kafka-protocol/offsets.ts';
import { bounds } from '../../../shared/clients/kafka-protocol/read-log.ts';
import { eventually } from '../../support/eventually.ts';
import type { Stand } from './stand.ts';
import { watchClickhouse } from './stores.ts';

const raisedTo = 24;

/** Both event topics go from 6 partitions to 24 while events flow, as `make init-db EVENTS_PARTITIONS=24` does it. */
export async function playPartitions(stand: Stand): Promise<void> {
  const { settings, cluster, watched, episode } = stand;
  const close = watchClickhouse(stand);
  try {
    await watched.flowing();
    await episode('nothing is done', async () => {});
    await episode(`${settings.eventsPartitions} partitions become ${raisedTo}`, async () => {
      await initialise({ ...settings, eventsPartitions: raisedTo });
      // Every partition is written to, and read by every function.
      await eventually(
        async () => {
          for (const { function: groupId, topic } of readersOf(settings)) {
            const { end } = await bounds(cluster, topic);
            if (end.size < raisedTo) throw new Error(`${topic} has ${end.size} partitions`);
            const partitions = [...end.keys()];
            const positions = await readPositions(cluster, {
              groupId,
              topic,
              partitions,
              stable: false,
              lane: 'raised',
            });
            const idle = partitions.filter((each) => (positions.get(each)?.offset ?? 0) === 0);
            if (idle.length > 0) throw new Error(`${groupId} has acknowledged nothing of ${topic}-${idle}`);
          }
        },
        { timeoutMs: 300_000, intervalMs: 250 },
      );
    });
  } finally {
    await close();
  }
}
