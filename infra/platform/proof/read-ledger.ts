import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { bounds, readLog } from '../../../shared/clients/kafka-protocol/read-log.ts';
import {
  type FetchedRecord,
  recordKey,
  recordValue,
} from '../../../shared/clients/kafka-protocol/records.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { type CleanRecord, createLedger, type Ledger } from './ledger.ts';
import { letterState } from './letters.ts';
import type { Range } from './positions.ts';

/** Which part of each topic is looked at. */
export interface Scope {
  raw: Range;
  clean: Range;
}

/** Reads what Kafka holds: `events_raw` and `events_clean` within the scope, and all dead letters. */
export async function readLedger(cluster: Cluster, settings: Settings, scope: Scope): Promise<Ledger> {
  const ledger = createLedger(scope);
  await readLog(cluster, {
    topic: settings.rawTopic,
    ...scope.raw,
    onRecord: (partition, record) => ledger.addRaw(partition, record.offset, sentId(record)),
  });
  await readLog(cluster, {
    topic: settings.cleanTopic,
    ...scope.clean,
    onRecord(partition, record) {
      if (!ledger.addClean(partition, record.offset, cleanRecord(record))) {
        throw new PipelineError(
          'CLEAN_RECORD',
          `the clean record at offset ${record.offset} has no event_id`,
        );
      }
    },
  });
  await readDeadLetters(cluster, settings, ledger);
  return ledger;
}

/** A letter's key says whose it is and of what; a tombstone, which follows it, has nothing else. */
async function readDeadLetters(cluster: Cluster, settings: Settings, ledger: Ledger): Promise<void> {
  const dlq = await bounds(cluster, settings.dlqTopic);
  const topicIds = new Set<string>();
  for (const topic of [settings.rawTopic, settings.cleanTopic]) {
    const known = await cluster.topic(topic);
    if (known) topicIds.add(known.id);
  }
  await readLog(cluster, {
    topic: settings.dlqTopic,
    from: dlq.start,
    to: dlq.end,
    onRecord(_, record) {
      const [name, topicId, partition, offset] = recordKey(record)?.toString().split('/') ?? [];
      // A letter of a topic that was made anew since, or of another.
      if (name === undefined || topicId === undefined || !topicIds.has(topicId)) return;
      const state = recordValue(record) === null ? letterState.settled : letterState.open;
      ledger.setLetter(name, Number(partition), Number(offset), state);
    },
  });
}

/** The id that a sender gave its event; undefined when it gave none, or what it sent is no event. */
function sentId(record: FetchedRecord): string | undefined {
  try {
    const { event_id: id } = JSON.parse(recordValue(record)?.toString() ?? 'null');
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Read on its own, not by the functions' decoder: what proves must not share what is proved. */
function cleanRecord(record: FetchedRecord): CleanRecord {
  const value = JSON.parse(recordValue(record)?.toString() ?? 'null');
  return {
    eventId: String(value?.event_id),
    rawPartition: Number(value?.raw_partition),
    rawOffset: Number(value?.raw_offset),
  };
}
