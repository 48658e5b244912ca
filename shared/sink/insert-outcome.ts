import { MongoBulkWriteError } from 'mongodb';

/** Stored, at this attempt or an earlier one; or not known to be. */
export type Outcome = { stored: true } | { stored: false; reason: string };

/**
 * What an unordered insert that threw has come to. The only failure that means success is a document whose `_id`
 * is already there: an earlier attempt, or the same event from another place, has written it. A duplicate in any
 * other unique index, or a write concern that was not met, is no success.
 */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof MongoBulkWriteError)) return { stored: false, reason: nameOf(error) };
  const writeErrors = [error.writeErrors].flat();
  if (writeErrors.length === 0) return { stored: false, reason: nameOf(error) };
  const other = writeErrors.find(({ code, errmsg }) => code !== duplicateKey || !isIdIndex(errmsg));
  if (other !== undefined) return { stored: false, reason: `code_${other.code}` };
  const concern = error.result?.getWriteConcernError();
  if (concern) return { stored: false, reason: `write_concern_${concern.code}` };
  return { stored: true };
}

const duplicateKey = 11_000;

/** The server names the index only in its message: `… index: _id_ dup key: { _id: "…" }`. */
function isIdIndex(message: string | undefined): boolean {
  return / index: (?:\S+\.\$)?_id_\s/.test(message ?? '');
}

/** Few and stable, for a metric's label. */
function nameOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  if (typeof code === 'number') return `code_${code}`;
  return typeof name === 'string' ? name : 'unknown';
}
