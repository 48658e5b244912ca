import { createClickHouse } from '../../../shared/clients/clickhouse/index.ts';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { bounds, type Offsets } from '../../../shared/clients/kafka-protocol/read-log.ts';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import type { Comparison } from './comparison.ts';
import { readLedger, type Scope } from './read-ledger.ts';
import { compareRollups, type RollupComparison } from './rollups.ts';
import { readClickhouse, readMongo } from './stores.ts';

/** Event by event: is everything that Kafka holds in both stores and every rollup, once? */
export interface Proof {
  /** Records of `events_raw`, and what became of them. */
  raw: number;
  /** Those of them at or after `since`. */
  rawSince: number;
  clean: number;
  rejected: number;
  /** Left out by their event id, which is that of another record. */
  duplicates: number;
  transform: Comparison;
  mongodb: Comparison;
  clickhouse: Comparison;
  rollups: RollupComparison[];
  lost: number;
  doubled: number;
}

/** The whole of both topics, as far as Kafka keeps them. */
export async function wholeLog(cluster: Cluster, settings: Settings): Promise<Scope> {
  const [raw, clean] = await Promise.all([
    bounds(cluster, settings.rawTopic),
    bounds(cluster, settings.cleanTopic),
  ]);
  return { raw: { from: raw.start, to: raw.end }, clean: { from: clean.start, to: clean.end } };
}

/**
 * Reads the scope of the log, record by record, and looks for each in MongoDB and ClickHouse by event id and position;
 * compares the rollups with the rows. Everything must have been acknowledged (`untilDrained`), and nothing be
 * sent meanwhile.
 */
export async function prove(
  cluster: Cluster,
  settings: Settings,
  scope: Scope,
  { since = scope.raw.from }: { since?: Offsets } = {},
): Promise<Proof> {
  const ledger = await readLedger(cluster, settings, scope);
  const mongo = createMongo(settings);
  const clickhouse = createClickHouse(settings);
  try {
    const transform = ledger.compareTransform();
    const inMongo = ledger.openStore({ writer: 'mongo-write', once: true });
    await readMongo(mongo, inMongo);
    const inClickhouse = ledger.openStore({ writer: 'clickhouse-write', once: false });
    await readClickhouse(clickhouse, scope.clean, inClickhouse);
    const stores = { mongodb: inMongo.result(), clickhouse: inClickhouse.result() };
    const rollups = await compareRollups(clickhouse);
    const all = [transform, stores.mongodb, stores.clickhouse, ...rollups];
    return {
      ...ledger.totals(since),
      transform,
      ...stores,
      rollups,
      lost: all.reduce((sum, { lost }) => sum + lost, 0),
      doubled: all.reduce((sum, { doubled }) => sum + doubled, 0),
    };
  } finally {
    await Promise.all([mongo.close(), clickhouse.close()]);
  }
}
