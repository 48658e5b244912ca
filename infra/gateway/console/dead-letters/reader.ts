import type { Cluster } from '../../../../shared/clients/kafka-protocol/cluster.ts';
import { committedRecords } from '../../../../shared/clients/kafka-protocol/committed-records.ts';
import { fetchOnce } from '../../../../shared/clients/kafka-protocol/fetch-api.ts';
import { listOffsets } from '../../../../shared/clients/kafka-protocol/list-offsets.ts';
import { recordKey, recordValue } from '../../../../shared/clients/kafka-protocol/records.ts';
import { HttpError, messageOf } from '../../../../shared/errors/index.ts';
import { readShownLetter, type ShownLetter } from './letter.ts';

export interface LettersFound {
  /** Open ones, newest first. */
  letters: ShownLetter[];
  /** Open ones among the offsets that were read; `letters` has at most `mostLetters` of them. */
  open: number;
  /** True when the topic reaches further back than what was read. */
  more: boolean;
}

/** Looks into the dead-letter topic; never writes to it. */
export interface DeadLetterReader {
  /** @throws HttpError 503 when Kafka does not answer. */
  read(): Promise<LettersFound>;
  close(): Promise<void>;
}

const lane = 'console';
const fetchBytes = 4 * 1024 * 1024;
/** Fetches of one partition without a new offset after which it is left as it is. */
const mostIdleFetches = 5;

/**
 * Reads the end of every partition of the topic, where the newest letters are. It is compacted: a later record of
 * the same key replaces an earlier one, and one without a value says that the letter was redriven or purged.
 */
export function createDeadLetterReader({
  openCluster,
  topic,
  perPartition = 5000,
  mostLetters = 500,
}: {
  openCluster: () => Cluster;
  topic: string;
  /** Offsets that are read of each partition. */
  perPartition?: number;
  mostLetters?: number;
}): DeadLetterReader {
  let cluster: Cluster | undefined;

  async function readAll(from: Cluster): Promise<LettersFound> {
    const known = (await from.readTopics([topic])).get(topic);
    if (known === undefined) return { letters: [], open: 0, more: false };
    const partitions = known.partitions.map((_, index) => index);
    const starts = await listOffsets(from, { topic, partitions, at: 'earliest', lane });
    const ends = await listOffsets(from, { topic, partitions, at: 'latest', lane });
    const found = new Map<string, ShownLetter>();
    let more = false;
    for (const partition of partitions) {
      const [start, end] = [starts.get(partition) ?? 0, ends.get(partition) ?? 0];
      const first = Math.max(start, end - perPartition);
      if (first > start) more = true;
      await readPartition(from, { uuid: known.uuid, partition, first, end }, found);
    }
    const letters = [...found.values()].sort((a, b) => b.diedMs - a.diedMs);
    return { letters: letters.slice(0, mostLetters), open: letters.length, more };
  }

  async function readPartition(
    from: Cluster,
    { uuid, partition, first, end }: { uuid: string; partition: number; first: number; end: number },
    found: Map<string, ShownLetter>,
  ): Promise<void> {
    const known = await from.topic(topic);
    if (known === undefined) return;
    const connection = await from.connection(from.leaderOf(known, partition), lane);
    for (let offset = first, idle = 0; offset < end && idle < mostIdleFetches; ) {
      const target = { topicUuid: uuid, partition, leaderEpoch: -1, offset, maxBytes: fetchBytes };
      const request = { maxWaitMs: 200, minBytes: 1, maxBytes: fetchBytes, targets: [target] };
      const [fetched] = await fetchOnce(connection, request);
      if (fetched === undefined || fetched.error !== undefined) {
        throw new Error(`${topic}-${partition}: ${fetched?.error ?? 'an empty answer'}`);
      }
      const { records, nextOffset } = committedRecords(fetched, offset);
      for (const record of records) {
        const key = recordKey(record)?.toString() ?? '';
        const letter = recordValue(record) === null ? undefined : readShownLetter(record, partition);
        if (letter === undefined) found.delete(key);
        else found.set(key, letter);
      }
      idle = nextOffset > offset ? 0 : idle + 1;
      offset = nextOffset;
    }
  }

  return {
    read: async () => {
      cluster ??= openCluster();
      try {
        return await readAll(cluster);
      } catch (error) {
        throw new HttpError(503, `the dead letters cannot be read: ${messageOf(error)}`, { cause: error });
      }
    },
    close: async () => {
      await cluster?.close();
      cluster = undefined;
    },
  };
}
