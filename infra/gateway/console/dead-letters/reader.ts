import type { Cluster } from '../../../../shared/clients/kafka-protocol/cluster.ts';
import { committedRecords } from '../../../../shared/clients/kafka-protocol/committed-records.ts';
import { fetchOnce } from '../../../../shared/clients/kafka-protocol/fetch-api.ts';
import { listOffsets } from '../../../../shared/clients/kafka-protocol/list-offsets.ts';
import { recordKey, recordValue } from '../../../../shared/clients/kafka-protocol/records.ts';
import { HttpError, messageOf } from '../../../../shared/errors/index.ts';
import { type Selection, select } from '../../../connector/redrive/select.ts';
import { readShownLetter, type ShownLetter } from './letter.ts';

export interface LettersFound {
  /** Open ones that are meant, newest first. */
  letters: ShownLetter[];
  /** How many are meant among the offsets that were read; `letters` has at most `mostLetters` of them. */
  open: number;
  /** Functions that letters among these offsets are of, meant or not. */
  functions: string[];
  /** True when the topic reaches further back than what was read. */
  more: boolean;
}

/** Which letters are looked for, and how far back. */
export interface Search {
  selection: Selection;
  /** Offsets that are read of each partition. */
  offsets: number;
}

/** Looks into the dead-letter topic; never writes to it. */
export interface DeadLetterReader {
  /** @throws HttpError 503 when Kafka does not answer. */
  read(search: Search): Promise<LettersFound>;
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
  mostLetters = 500,
}: {
  openCluster: () => Cluster;
  topic: string;
  mostLetters?: number;
}): DeadLetterReader {
  let cluster: Cluster | undefined;

  async function readAll(from: Cluster, { selection, offsets }: Search): Promise<LettersFound> {
    const known = (await from.readTopics([topic])).get(topic);
    if (known === undefined) return { letters: [], open: 0, functions: [], more: false };
    const partitions = known.partitions.map((_, index) => index);
    const starts = await listOffsets(from, { topic, partitions, at: 'earliest', lane });
    // A broker answers the end of a transaction before all partitions know of it: what was just purged may lie behind the
    // read-committed end, which a fetch waits for.
    const ends = await listOffsets(from, { topic, partitions, at: 'high-watermark', lane });
    const found = createFound(selection, mostLetters);
    let more = false;
    for (const partition of partitions) {
      const [start, end] = [starts.get(partition) ?? 0, ends.get(partition) ?? 0];
      const first = Math.max(start, end - offsets);
      if (first > start) more = true;
      await readPartition(from, { uuid: known.uuid, partition, first, end }, found.add);
    }
    return { ...found.all(), more };
  }

  async function readPartition(
    from: Cluster,
    { uuid, partition, first, end }: { uuid: string; partition: number; first: number; end: number },
    add: (key: string, letter: ShownLetter | undefined) => void,
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
        const letter = recordValue(record) === null ? undefined : readShownLetter(record, partition);
        add(recordKey(record)?.toString() ?? '', letter);
      }
      idle = nextOffset > offset ? 0 : idle + 1;
      offset = nextOffset;
    }
  }

  return {
    read: async (search) => {
      cluster ??= openCluster();
      try {
        return await readAll(cluster, search);
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

/**
 * Open letters that are meant. All are counted; of each partition only the newest, which come last, are kept with their
 * records, however many there are.
 */
function createFound(selection: Selection, mostLetters: number) {
  const open = new Map<string, { letter?: ShownLetter }>();
  const functions = new Set<string>();
  const withRecord = new Map<number, { letter?: ShownLetter }[]>();

  return {
    add(key: string, letter: ShownLetter | undefined): void {
      open.delete(key);
      if (letter === undefined) return;
      functions.add(letter.functionName);
      if (select([letter], selection).length === 0) return;
      const entry = { letter };
      open.set(key, entry);
      const kept = withRecord.get(letter.at.partition) ?? [];
      withRecord.set(letter.at.partition, kept);
      kept.push(entry);
      if (kept.length > 2 * mostLetters) for (const old of kept.splice(0, mostLetters)) delete old.letter;
    },
    all(): Omit<LettersFound, 'more'> {
      const letters = [...open.values()].flatMap(({ letter }) => letter ?? []);
      letters.sort((a, b) => b.diedMs - a.diedMs);
      return { letters: letters.slice(0, mostLetters), open: open.size, functions: [...functions].sort() };
    },
  };
}
