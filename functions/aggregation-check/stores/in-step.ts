import type { ClickHouseClient } from '@clickhouse/client';
import { rows, type Shard } from '../../../shared/clients/clickhouse/index.ts';

/**
 * One replica of every shard, in the order of the routes, that has all that its twins had acknowledged when it was
 * asked: one that lags behind would make rows look lost, and a repair would double them. Whoever uses them stays with
 * them; should one fail, the next look chooses its twin.
 */
export function replicasInStep(shards: readonly Shard[]): Promise<ClickHouseClient[]> {
  return Promise.all(
    shards.map(({ run }) =>
      run(async (client) => {
        await catchUp(client);
        return client;
      }),
    ),
  );
}

/** Waits until a replica has what its twins have now. A table without replicas has it all. */
export async function catchUp(client: ClickHouseClient): Promise<void> {
  const tables = await rows<{ name: string }>(
    client,
    `SELECT name FROM system.tables
WHERE database = currentDatabase() AND name LIKE '%\\_local' AND engine LIKE 'Replicated%'`,
  );
  for (const { name } of tables) await client.command({ query: `SYSTEM SYNC REPLICA ${name}` });
}
