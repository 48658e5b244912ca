import type { OutputList } from '../../shared/batch/output-list.ts';
import type { ClaimsClient } from '../../shared/clients/claims/index.ts';
import { HttpError, messageOf } from '../../shared/errors/index.ts';
import type { TransformedBatch } from './transform.ts';

/**
 * The records of a batch without those whose event id another place in `events_raw` has claimed. Whatever is sent again,
 * in whatever batches, comes out the same: asking with the same place is answered the same.
 *
 * @throws HttpError 503 when the keeper of claims cannot tell: the partition waits, and nothing is lost.
 */
export async function leaveOutDuplicates(
  { result: { records }, claims }: TransformedBatch,
  keeper: Pick<ClaimsClient, 'claim'>,
): Promise<OutputList> {
  let duplicates: { index: number }[];
  try {
    ({ duplicates } = await keeper.claim(claims));
  } catch (error) {
    throw new HttpError(503, messageOf(error), { cause: error, retryAfterSeconds: 1 });
  }
  if (duplicates.length === 0) return records;
  return records.without(new Set(duplicates.map(({ index }) => index)));
}
