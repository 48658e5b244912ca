import { setTimeout as delay } from 'node:timers/promises';
import { bringUp } from '../../../infra/platform/bring-up.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';
import type { Shards } from '../../integration/shards/three-shards.ts';
import { eventually } from '../../support/eventually.ts';
import { strike } from '../chaos/strike.ts';
import type { Stand } from './stand.ts';
import { watchClickhouse } from './stores.ts';

const downMs = 10_000;

/** CLICKHOUSE_URL for these shards, in route order. */
export const addresses = (shards: Shards) => shards.servers.map(({ url }) => url).join(',');

/**
 * Each shard is killed (-9) and stays away for ten seconds, then each is frozen for as long; then a fourth one is added as
 * the runbook says: its server and tables, then the functions that know it.
 */
export async function playShards(stand: Stand, shards: Shards, order: readonly number[]): Promise<void> {
  const { watched, episode } = stand;
  const closes = [watchClickhouse(stand)];
  const server = (shard: number) => shards.servers[shard] as Shards['servers'][number];
  try {
    await watched.flowing();
    await episode('nothing is done', async () => {});
    for (const shard of order) {
      await episode(`kill -9 of shard ${shard}, back after ${downMs / 1000} s`, async () => {
        await strike(server(shard).pid, { kind: 'kill' });
        await delay(downMs);
        await server(shard).restart();
      });
    }
    for (const shard of order) {
      await episode(`shard ${shard} frozen for ${downMs / 1000} s`, async () => {
        await strike(server(shard).pid, { kind: 'freeze', ms: downMs });
      });
    }
    await episode('a fourth shard', async () => {
      await shards.add();
      // As `make deploy CLICKHOUSE_URL=…` does.
      process.env.CLICKHOUSE_URL = addresses(shards);
      const settings = platformSettings();
      closes.push(watchClickhouse({ settings, watched }));
      await eventually(() => bringUp(settings), { timeoutMs: 300_000 });
      await eventually(
        () => {
          if (watched.moments.get('shard 3')?.length === 0)
            throw new Error('nothing is written to the fourth shard');
        },
        { timeoutMs: 120_000 },
      );
    });
  } finally {
    await Promise.all(closes.map((close) => close()));
  }
}
