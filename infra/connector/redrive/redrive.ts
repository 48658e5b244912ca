import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { createTransactionalProducer } from '../../../shared/clients/kafka-protocol/transaction.ts';
import { type Letter, redriven, tombstone } from './letter.ts';
import { forEachLetter, readLetters } from './read-letters.ts';
import { type Selection, select } from './select.ts';

/** Shared by all who redrive or purge: initialising it fences one that still runs. */
export const TRANSACTIONAL_ID = 'connector/redrive';
const LANE = 'redrive/write';
const BATCH = 200;

export interface Work {
  cluster: Cluster;
  deadLetterTopic: string;
  selection: Selection;
  now: () => number;
}

/** The open dead letters that a selection means. Changes nothing. */
export async function listLetters({ cluster, deadLetterTopic, selection }: Work): Promise<Letter[]> {
  return select((await readLetters(cluster, deadLetterTopic)).values(), selection);
}

/**
 * Sends the selected records to their functions once more. The producer is initialised before anything is read:
 * whatever an earlier run had under way has then happened or never will. The record sent and the tombstone of its
 * dead letter are one transaction, so doing this twice, or twice at once, adds nothing.
 *
 * @param retryTopicOf where the records of a function go; undefined for one that is not deployed, whose letters
 * are left alone.
 */
export async function redrive(
  { cluster, deadLetterTopic, selection, now }: Work,
  retryTopicOf: (functionName: string) => string | undefined,
): Promise<{ sent: Letter[]; skipped: Letter[] }> {
  const producer = await createTransactionalProducer({
    cluster,
    transactionalId: TRANSACTIONAL_ID,
    lane: LANE,
  });
  const selected = select((await readLetters(cluster, deadLetterTopic)).values(), selection);
  const reachable = selected.filter(({ functionName }) => retryTopicOf(functionName) !== undefined);
  const sent: Letter[] = [];
  await forEachLetter(cluster, deadLetterTopic, reachable, BATCH, async (found) => {
    await producer.commit({
      records: found.flatMap(({ letter, record }) => [
        redriven(record, retryTopicOf(letter.functionName) as string, now()),
        tombstone(letter, deadLetterTopic, now()),
      ]),
    });
    sent.push(...found.map(({ letter }) => letter));
  });
  return { sent, skipped: selected.filter(({ functionName }) => retryTopicOf(functionName) === undefined) };
}

/** Deletes the selected letters for good. */
export async function purge({ cluster, deadLetterTopic, selection, now }: Work): Promise<Letter[]> {
  const producer = await createTransactionalProducer({
    cluster,
    transactionalId: TRANSACTIONAL_ID,
    lane: LANE,
  });
  const selected = select((await readLetters(cluster, deadLetterTopic)).values(), selection);
  for (let i = 0; i < selected.length; i += BATCH) {
    const records = selected.slice(i, i + BATCH).map((letter) => tombstone(letter, deadLetterTopic, now()));
    await producer.commit({ records });
  }
  return selected;
}
