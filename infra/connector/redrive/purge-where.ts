import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { headersOf } from '../../../shared/clients/kafka-protocol/record-list.ts';
import { type FetchedRecord, recordValue } from '../../../shared/clients/kafka-protocol/records.ts';
import { createTransactionalProducer } from '../../../shared/clients/kafka-protocol/transaction.ts';
import { deadLetterHeaders } from '../delivery/dead-letter.ts';
import { tombstone } from './letter.ts';
import { forEachLetter, readLetters } from './read-letters.ts';
import { TRANSACTIONAL_ID } from './redrive.ts';

/** What a dead letter holds: the original key and value. */
export interface LetterContent {
  key: Buffer | undefined;
  value: Buffer | null;
}

/**
 * Deletes the dead letters whose content is meant. Initialising the producer fences a redrive that is under way: what
 * it has not sent by then it never will.
 *
 * @returns how many were deleted.
 */
export async function purgeWhere(
  { cluster, deadLetterTopic, now }: { cluster: Cluster; deadLetterTopic: string; now: () => number },
  isMeant: (content: LetterContent) => boolean,
): Promise<number> {
  const producer = await createTransactionalProducer({
    cluster,
    transactionalId: TRANSACTIONAL_ID,
    lane: 'redrive/write',
  });
  const letters = [...(await readLetters(cluster, deadLetterTopic)).values()];
  let purged = 0;
  await forEachLetter(cluster, deadLetterTopic, letters, 200, async (found) => {
    const meant = found.filter(({ record }) => isMeant(contentOf(record)));
    if (meant.length === 0) return;
    await producer.commit({ records: meant.map(({ letter }) => tombstone(letter, deadLetterTopic, now())) });
    purged += meant.length;
  });
  return purged;
}

function contentOf(record: FetchedRecord): LetterContent {
  const key = headersOf(record)
    .findLast(([name]) => name.toString() === deadLetterHeaders.key)?.[1]
    ?.toString();
  return { key: key === undefined ? undefined : Buffer.from(key, 'base64'), value: recordValue(record) };
}
