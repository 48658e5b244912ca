import { setTimeout as delay } from 'node:timers/promises';
import { metadataV12 } from '@platformatic/kafka';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../chaos/processes.ts';
import { type Blow, strike } from '../chaos/strike.ts';
import type { Stand } from './stand.ts';
import { watchClickhouse } from './stores.ts';

/** Time that a broker has to be back with all its replicas in sync. */
const recoveryMs = 300_000;

/** Each of three brokers restarted in turn, the next one when all replicas are in sync again; then each killed (-9). */
export async function playBrokers(stand: Stand, order: readonly number[]): Promise<void> {
  const { settings, cluster, watched, episode } = stand;
  const close = watchClickhouse(stand);
  try {
    await watched.flowing();
    await episode('nothing is done', async () => {});
    for (const kind of ['restart', 'kill'] as const) {
      for (const node of order) {
        const what = kind === 'restart' ? `broker ${node} is restarted` : `kill -9 of broker ${node}`;
        await episode(what, () => hitBroker({ settings, cluster }, `kafka-${node}`, { kind }));
      }
    }
  } finally {
    await close();
  }
}

/** Hits a broker; resolves when another process has taken its place and every replica of every topic is in sync. */
async function hitBroker(
  { settings, cluster }: { settings: Settings; cluster: Cluster },
  name: string,
  blow: Blow,
): Promise<void> {
  const [pid] = await processesOf(settings, name);
  if (pid === undefined || !(await strike(pid, blow))) throw new Error(`there is no ${name} to hit`);
  await eventually(
    async () => {
      const [now] = await processesOf(settings, name);
      if (now === undefined || now === pid) throw new Error(`${name} is not back`);
    },
    { timeoutMs: recoveryMs },
  );
  await eventually(
    async () => {
      await checkInSync(cluster);
      // What a broker knows of the others may be a moment old.
      await delay(1000);
      await checkInSync(cluster);
    },
    { timeoutMs: recoveryMs, intervalMs: 250 },
  );
}

/** @throws Error that names a partition with a replica that is behind. */
async function checkInSync(cluster: Cluster): Promise<void> {
  const { topics } = await cluster.callAny('in-sync', metadataV12.api, null, false, false);
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, replicaNodes, isrNodes } of partitions) {
      if (isrNodes.length < replicaNodes.length) throw new Error(`${name}-${partitionIndex} is not in sync`);
    }
  }
}
