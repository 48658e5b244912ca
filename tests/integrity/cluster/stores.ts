import { createClickHouse, rows } from '../../../shared/clients/clickhouse/index.ts';
import type { Stand } from './stand.ts';

/**
 * Watches the writes of each ClickHouse shard that `settings` names and that is not watched yet.
 *
 * @returns closes the connections.
 */
export function watchClickhouse({
  settings,
  watched,
}: Pick<Stand, 'settings' | 'watched'>): () => Promise<void> {
  const clickhouse = createClickHouse(settings, { requestTimeoutMs: 2000 });
  for (const [route, shard] of clickhouse.shards.entries()) {
    const name = clickhouse.shards.length === 1 ? 'clickhouse' : `shard ${route}`;
    if (watched.moments.has(name)) continue;
    watched.add(name, async () => {
      const [found] = await shard.run((client) =>
        rows<{ n: string }>(client, 'SELECT count() AS n FROM events_local'),
      );
      return Number(found?.n);
    });
  }
  return () => clickhouse.close();
}
