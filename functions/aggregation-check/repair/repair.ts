import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Collection, Document } from 'mongodb';
import type { Shard } from '../../../shared/clients/clickhouse/index.ts';
import { dateTimeText } from '../../../shared/events/time.ts';
import { createClientReader } from '../../../shared/events/user-agent.ts';
import { documentOf } from '../../../shared/sink/document.ts';
import type { SinkRecord } from '../../../shared/sink/read-range.ts';
import type { EventRef } from '../classify.ts';
import type { KafkaLog } from '../kafka/log.ts';
import type { Finding, Findings } from '../look.ts';
import { retriesAreDone, sinks, waitForSinks } from '../sinks.ts';
import { catchUp } from '../stores/in-step.ts';
import * as clickhouse from './clickhouse.ts';
import { readFromKafka } from './from-kafka.ts';
import { documentsFromClickhouse, readFromMongo } from './from-stores.ts';
import { createInserts, type Inserts } from './inserts.ts';
import { type LeaseDocument, type Place, takeLease } from './lease.ts';
import * as mongo from './mongo.ts';
import { mendRollups } from './rollups.ts';

export interface RepairOptions {
  log: KafkaLog;
  shards: readonly Shard[];
  events: Collection<Document>;
  leases: Collection<LeaseDocument>;
  cleanTopic: string;
  /** Replicas that must have what is inserted; `0`: the one that was asked. */
  insertQuorum?: string;
  now?: () => number;
  look: (options: { full: boolean; waitMs: number }) => Promise<Findings>;
}

/** What a repair has done. */
export interface Repaired {
  rounds: number;
  inserted: { clickhouse: number; mongodb: number };
  removed: { clickhouse: number; mongodb: number };
  rollups: number;
  /** Events that neither Kafka nor the other store has any more. */
  irrecoverable: number;
}

const mostRounds = 20;

/**
 * Mends what a look has found, and looks again, until nothing is left or a round mends nothing more.
 *
 * It stops nobody. A look names only events that both sinks have acknowledged; no range that holds one is declared
 * any more, so nobody else writes them, and rollups are mended by what commutes with inserts. Repairs themselves run
 * one at a time (`lease.ts`); of one that breaks off the next one settles the insert that may be under way still
 * (`inserts.ts`), and sees what is there.
 */
export function createRepair({
  log,
  shards,
  events,
  leases,
  cleanTopic,
  insertQuorum = '0',
  now = Date.now,
  look,
}: RepairOptions) {
  const readClient = createClientReader();

  return async (
    found: Findings,
    { full, waitMs }: { full: boolean; waitMs: number },
  ): Promise<{ repaired: Repaired; after: Findings }> => {
    const repaired: Repaired = {
      rounds: 0,
      inserted: { clickhouse: 0, mongodb: 0 },
      removed: { clickhouse: 0, mongodb: 0 },
      rollups: 0,
      irrecoverable: 0,
    };
    if (isWhole(found)) return { repaired, after: found };
    const lease = await takeLease(leases, { owner: randomUUID(), now });
    // What was found before may have been mended by the one who had the lease.
    let after = await look({ full, waitMs });
    const inserts = createInserts({ shards, lease, topicId: after.scope.topicId, recover, insertQuorum });
    if (lease.left !== undefined) {
      await inserts.settle(lease.left, after);
      after = await look({ full, waitMs });
    }
    while (!isWhole(after) && repaired.rounds < mostRounds) {
      const before = sumOf(repaired);
      repaired.rounds++;
      repaired.irrecoverable = 0;
      const { servers, scope } = after;
      await mendStores(after, repaired, { inserts, beforeEach: lease.renew });
      repaired.rollups += await mendRollups(servers, {
        scope,
        ...touched(after),
        quiet: () => inFlightIsDone(servers, waitMs),
        beforeEach: lease.renew,
        inserts,
      });
      await lease.renew();
      after = await look({ full, waitMs });
      if (sumOf(repaired) === before) break;
    }
    // Only now: after a failure a statement may still be running, and the lease has to run out.
    await lease.release();
    return { repaired, after };
  };

  async function mendStores(
    found: Findings,
    repaired: Repaired,
    { inserts, beforeEach }: { inserts: Inserts; beforeEach: () => Promise<void> },
  ): Promise<void> {
    const { servers } = found;
    const of = (store: Finding['store'], kind: 'lost' | 'doubled' | 'unexpected') =>
      found.stores.filter((each) => each.store === store).flatMap((each) => each[kind]);

    const lostInClickhouse = of('clickhouse', 'lost');
    const records = await recover(lostInClickhouse);
    await inserts.rows(records);
    repaired.inserted.clickhouse += records.length;
    repaired.removed.clickhouse += await clickhouse.removeCopies(
      servers,
      of('clickhouse', 'doubled'),
      beforeEach,
    );
    repaired.removed.clickhouse += await clickhouse.removeEvents(
      servers,
      of('clickhouse', 'unexpected'),
      beforeEach,
    );

    const lostInMongo = of('mongodb', 'lost');
    const documents = await recoverDocuments(servers, lostInMongo);
    await beforeEach();
    await mongo.insertMissing(events, documents);
    repaired.inserted.mongodb += documents.length;
    for (const { partition, offset, event_id: eventId } of of('mongodb', 'doubled')) {
      if (eventId === undefined) continue;
      repaired.removed.mongodb += await mongo.removeCopies(events, { partition, offset, eventId });
    }
    repaired.removed.mongodb += await mongo.removeEvents(events, of('mongodb', 'unexpected'));
    repaired.irrecoverable +=
      lostInClickhouse.length - records.length + lostInMongo.length - documents.length;
  }

  /** From Kafka while it has them, else from MongoDB. */
  async function recover(lost: readonly Place[]): Promise<SinkRecord[]> {
    const records = await readFromKafka(log, cleanTopic, lost);
    const rest = without(lost, records);
    return [...records, ...(await readFromMongo(events, rest, readClient))];
  }

  async function recoverDocuments(
    servers: readonly ClickHouseClient[],
    lost: readonly EventRef[],
  ): Promise<Document[]> {
    const records = await readFromKafka(log, cleanTopic, lost);
    const rest = without(lost, records);
    return [...records.map(documentOf), ...(await documentsFromClickhouse(servers, rest))];
  }

  async function inFlightIsDone(servers: readonly ClickHouseClient[], timeoutMs: number): Promise<boolean> {
    const bounds = await log.bounds(cleanTopic);
    if (bounds === undefined) return false;
    const { waiting } = await waitForSinks(log, cleanTopic, bounds, { timeoutMs });
    if (waiting.length > 0 || !(await retriesAreDone(log, sinks))) return false;
    await Promise.all(servers.map(catchUp));
    return true;
  }
}

function isWhole({ stores, rollups }: Findings): boolean {
  return stores.length === 0 && rollups.drifts.length === 0;
}

/** Minutes and days whose rollups may be wrong, or will be after the rows were mended. */
function touched({ stores, rollups }: Findings): { minutes: string[]; days: string[] } {
  const minutes = new Set(
    stores
      .filter(({ store }) => store === 'clickhouse')
      .map(({ mismatch }) => dateTimeText(mismatch.minute).slice(0, 19)),
  );
  const days = new Set([...minutes].map((minute) => minute.slice(0, 10)));
  for (const { rollup, time } of rollups.drifts) (rollup === 'users_per_day' ? days : minutes).add(time);
  return { minutes: [...minutes], days: [...days] };
}

function without<T extends Place>(refs: readonly T[], records: readonly SinkRecord[]): T[] {
  const had = new Set(records.map(({ source }) => `${source.partition}/${source.offset}`));
  return refs.filter(({ partition, offset }) => !had.has(`${partition}/${offset}`));
}

function sumOf({ inserted, removed, rollups }: Repaired): number {
  return inserted.clickhouse + inserted.mongodb + removed.clickhouse + removed.mongodb + rollups;
}
