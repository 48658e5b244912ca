import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { askClickhouse } from '../ask-clickhouse.ts';
import { untilDrained } from './drained.ts';

/** Events of one session in each store. */
export interface StoredSession {
  mongodb: number;
  clickhouse: number;
  /** Different event ids in ClickHouse. */
  ids: number;
}

/** What the stores hold of a session (letters, digits, - and _), once everything sent so far has arrived. */
export async function storedOfSession(
  cluster: Cluster,
  settings: Settings,
  session: string,
): Promise<StoredSession> {
  // Sessions have no index: the count may read the whole collection.
  const mongo = createMongo(settings, { socketTimeoutMs: 600_000 });
  try {
    await untilDrained(cluster, settings);
    const text = await askClickhouse(
      settings,
      `SELECT count(), uniqExact(event_id) FROM events_distributed WHERE session_id = '${session}'`,
      { format: 'TabSeparated' },
    );
    const [clickhouse = 0, ids = 0] = text.split('\t').map(Number);
    return { mongodb: await mongo.events().countDocuments({ session_id: session }), clickhouse, ids };
  } finally {
    await mongo.close();
  }
}

/** Event ids that ClickHouse holds of a session. */
export async function idsOfSession(settings: Settings, session: string): Promise<Set<string>> {
  const query = `SELECT event_id FROM events_distributed WHERE session_id = '${session}'`;
  return new Set((await askClickhouse(settings, query, { format: 'TabSeparated' })).split('\n'));
}
