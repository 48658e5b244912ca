import type { Inserted } from '../clients/mongo/insert-encoded.ts';

/** Stored, at this attempt or an earlier one; or not known to be. */
export type Outcome = { stored: true } | { stored: false; reason: string; detail: string; cause?: unknown };

/**
 * What an unordered insert has come to, by the server's answer. The only failure that means success is a document whose
 * `_id` is already there: an earlier attempt, or the same event from another place, has written it. A duplicate in any
 * other unique index, a write concern that was not met, or a document that the answer does not account for is no success.
 */
export function outcomeOf({ count, reply }: Omit<Inserted, 'pieces'>): Outcome {
  const { n, writeErrors = [], writeConcernError } = reply;
  const other = writeErrors.find(({ code, errmsg }) => code !== duplicateKey || !isIdIndex(errmsg));
  if (other !== undefined) return { stored: false, reason: `code_${other.code}`, detail: other.errmsg ?? '' };
  if (writeConcernError) {
    const { code, errmsg } = writeConcernError;
    return {
      stored: false,
      reason: `write_concern_${code}`,
      detail: errmsg ?? 'the write concern was not met',
    };
  }
  const there = new Set(writeErrors.map(({ index }) => index)).size;
  if (n !== count - there) {
    const detail = `of ${count} documents the server inserted ${n} and had ${there}`;
    return { stored: false, reason: 'incomplete', detail };
  }
  return { stored: true };
}

const duplicateKey = 11_000;

/** The server names the index only in its message: `… index: _id_ dup key: { _id: "…" }`. */
function isIdIndex(message: string | undefined): boolean {
  return / index: (?:\S+\.\$)?_id_\s/.test(message ?? '');
}

/** Of an insert that got no answer: few and stable, for a metric's label. */
export function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'number') return `code_${code}`;
  return typeof name === 'string' ? name : 'unknown';
}
