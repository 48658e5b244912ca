import type { Claim } from '../../shared/clients/claims/entry.ts';
import { requestOf } from '../../shared/clients/claims/request.ts';
import type { Cluster } from '../../shared/clients/kafka-protocol/cluster.ts';
import { listOffsets } from '../../shared/clients/kafka-protocol/list-offsets.ts';
import { bounds, readLog } from '../../shared/clients/kafka-protocol/read-log.ts';
import { recordValue } from '../../shared/clients/kafka-protocol/records.ts';
import { createTransactionalProducer } from '../../shared/clients/kafka-protocol/transaction.ts';
import type { CleanEvent } from '../../shared/events/clean-event.ts';
import { decodeClean } from '../../shared/events/index.ts';
import { transactionalIdOf } from '../connector/delivery/takeover.ts';
import { horizonOf, keptMs, readWaiting, transformGroup } from './horizon.ts';
import type { Store } from './store.ts';

/**
 * Fills an empty store from `events_clean`, which is the log of every claim that counted: each of its records has its
 * id and its place in `events_raw`.
 *
 * What the lost store has answered may be under way still. So the partitions' producers are fenced first: a transaction
 * with such an answer is then either ended, and read here, or refused, and its records ask again.
 */
export async function rebuild(
  cluster: Cluster,
  store: Store,
  {
    rawTopic,
    cleanTopic,
    onProgress = () => {},
    now = Date.now,
  }: {
    rawTopic: string;
    cleanTopic: string;
    onProgress?: (records: number) => void;
    now?: () => number;
  },
): Promise<void> {
  const waiting = await readWaiting(cluster, rawTopic);
  const rawId = (await cluster.topic(rawTopic))?.id;
  const clean = (await cluster.readTopics([cleanTopic])).get(cleanTopic);
  // Nothing was ever answered.
  if (waiting === undefined || rawId === undefined || clean === undefined) return;
  await fence(cluster, [rawTopic, `${transformGroup}.retry`]);
  const { end } = await bounds(cluster, cleanTopic);
  const from = await listOffsets(cluster, {
    topic: cleanTopic,
    partitions: [...end.keys()],
    at: horizonOf(waiting, now()) - keptMs,
    lane: 'claims',
  });
  let batch: Claim[] = [];
  let records = 0;
  await readLog(cluster, {
    topic: cleanTopic,
    from,
    to: end,
    onRecord(_, record) {
      const value = recordValue(record);
      if (value === null) return;
      const event = cleanEvent(value);
      if (event === undefined) return;
      batch.push({
        eventId: event.event_id,
        topicId: rawId,
        partition: event.raw_partition,
        offset: event.raw_offset,
        recordMs: event.received_at,
      });
    },
    async afterPiece() {
      records += batch.length;
      for (let i = 0; i < batch.length; i += 5000) await store.claim(requestOf(batch.slice(i, i + 5000)));
      batch = [];
      onProgress(records);
    },
  });
}

/** Undefined for what no sink would take either. */
function cleanEvent(value: Buffer): CleanEvent | undefined {
  try {
    return decodeClean(value);
  } catch {
    return undefined;
  }
}

/** Ends whatever transaction is open on these topics' partitions; the connector takes them over again. */
async function fence(cluster: Cluster, topics: readonly string[]): Promise<void> {
  for (const [name, { partitions }] of await cluster.readTopics(topics)) {
    for (const partition of partitions.keys()) {
      const transactionalId = transactionalIdOf(transformGroup, name, partition);
      await createTransactionalProducer({ cluster, transactionalId, lane: 'claims' });
    }
  }
}
