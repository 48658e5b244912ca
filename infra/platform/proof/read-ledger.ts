import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { deadLetterHeaders } from '../../connector/delivery/dead-letter.ts';
import type { Cluster } from '../../connector/kafka/cluster.ts';
import { headersOf } from '../../connector/kafka/record-batch.ts';
import { type FetchedRecord, recordValue } from '../../connector/kafka/records.ts';
import { at, type CleanEntry, type Ledger } from './ledger.ts';
import { bounds, type Offsets, readLog } from './read-log.ts';

/** Which part of each topic is looked at: from these offsets, below those. */
export interface Scope {
  raw: { from: Offsets; to: Offsets };
  clean: { from: Offsets; to: Offsets };
}

/** Reads what Kafka holds: `events_raw` and `events_clean` within the scope, and all dead letters. */
export async function readLedger(cluster: Cluster, settings: Settings, scope: Scope): Promise<Ledger> {
  const raw = new Set<string>();
  await readLog(cluster, {
    topic: settings.rawTopic,
    ...scope.raw,
    onRecord: (partition, { offset }) => raw.add(at(partition, offset)),
  });
  const clean = new Map<string, CleanEntry>();
  await readLog(cluster, {
    topic: settings.cleanTopic,
    ...scope.clean,
    onRecord: (partition, record) => clean.set(at(partition, record.offset), cleanEntry(record)),
  });
  return { raw, clean, deadLetters: await readDeadLetters(cluster, settings) };
}

async function readDeadLetters(cluster: Cluster, settings: Settings): Promise<Map<string, Set<string>>> {
  const letters = new Map<string, Set<string>>();
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
    onRecord: (_, record) => {
      const headers = new Map(
        headersOf(record).map(([name, value]) => [name.toString(), value?.toString() ?? '']),
      );
      const get = (name: string) => headers.get(name) ?? '';
      const name = get(deadLetterHeaders.function);
      // A tombstone, or a letter of a topic that was made anew since.
      if (recordValue(record) === null || !topicIds.has(get(deadLetterHeaders.topicId))) return;
      const positions = letters.get(name) ?? new Set();
      positions.add(at(Number(get(deadLetterHeaders.partition)), Number(get(deadLetterHeaders.offset))));
      letters.set(name, positions);
    },
  });
  return letters;
}

/** Read on its own, not by the functions' decoder: what proves must not share what is proved. */
function cleanEntry(record: FetchedRecord): CleanEntry {
  const value = JSON.parse(recordValue(record)?.toString() ?? 'null');
  if (typeof value?.event_id !== 'string') {
    throw new PipelineError('CLEAN_RECORD', `the clean record at offset ${record.offset} has no event_id`);
  }
  return { eventId: value.event_id, raw: at(value.raw_partition, value.raw_offset) };
}
