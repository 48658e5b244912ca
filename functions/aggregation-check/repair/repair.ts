import { randomUUID } from 'node:crypto';
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
import * as clickhouse from './clickhouse.ts';
import { readFromKafka } from './from-kafka.ts';
import { documentsFromClickhouse, readFromMongo } from './from-stores.ts';
import { type LeaseDocument, takeLease } from './lease.ts';
import * as mongo from './mongo.ts';
import { mendRollups } from './rollups.ts';

export interface RepairOptions {
  log: KafkaLog;
  shards: readonly Shard[];
  events: Collection<Document>;
  leases: Collection<LeaseDocument>;
  cleanTopic: string;
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
 * one at a time (`lease.ts`); one that breaks off leaves nothing to undo: the next sees what is there.
 */
export function createRepair({
  log,
  shards,
  events,
  leases,
  cleanTopic,
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
    while (!isWhole(after) && repaired.rounds < mostRounds) {
      const before = sumOf(repaired);
      repaired.rounds++;
      repaired.irrecoverable = 0;
      await mendStores(after, repaired, lease.renew);
      repaired.rollups += await mendRollups(shards, {
        scope: after.scope,
        ...touched(after),
        quiet: () => inFlightIsDone(waitMs),
        beforeEach: lease.renew,
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
    beforeEach: () => Promise<void>,
  ): Promise<void> {
    const of = (store: Finding['store'], kind: 'lost' | 'doubled' | 'unexpected') =>
      found.stores.filter((each) => each.store === store).flatMap((each) => each[kind]);

    const lostInClickhouse = of('clickhouse', 'lost');
    const records = await recover(lostInClickhouse);
    await clickhouse.insertMissing(shards, records, beforeEach);
    repaired.inserted.clickhouse += records.length;
    repaired.removed.clickhouse += await clickhouse.removeCopies(
      shards,
      of('clickhouse', 'doubled'),
      beforeEach,
    );
    repaired.removed.clickhouse += await clickhouse.removeEvents(
      shards,
      of('clickhouse', 'unexpected'),
      beforeEach,
    );

    const lostInMongo = of('mongodb', 'lost');
    const documents = await recoverDocuments(lostInMongo);
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
  async function recover(lost: readonly EventRef[]): Promise<SinkRecord[]> {
    const records = await readFromKafka(log, cleanTopic, lost);
    const rest = without(lost, records);
    return [...records, ...(await readFromMongo(events, rest, readClient))];
  }

  async function recoverDocuments(lost: readonly EventRef[]): Promise<Document[]> {
    const records = await readFromKafka(log, cleanTopic, lost);
    const rest = without(lost, records);
    const client = shards[0]?.replicas[0];
    if (client === undefined || rest.length === 0) return records.map(documentOf);
    return [...records.map(documentOf), ...(await documentsFromClickhouse(client, rest))];
  }

  async function inFlightIsDone(timeoutMs: number): Promise<boolean> {
    const bounds = await log.bounds(cleanTopic);
    if (bounds === undefined) return false;
    const { waiting } = await waitForSinks(log, cleanTopic, bounds, { timeoutMs });
    return waiting.length === 0 && (await retriesAreDone(log, sinks));
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

function without(refs: readonly EventRef[], records: readonly SinkRecord[]): EventRef[] {
  const had = new Set(records.map(({ source }) => `${source.partition}/${source.offset}`));
  return refs.filter(({ partition, offset }) => !had.has(`${partition}/${offset}`));
}

function sumOf({ inserted, removed, rollups }: Repaired): number {
  return inserted.clickhouse + inserted.mongodb + removed.clickhouse + removed.mongodb + rollups;
}
