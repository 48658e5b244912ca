import { HttpError } from '../../shared/errors/index.ts';

/** The last event of a page, in a list ordered by time and, within a millisecond, by id. */
export interface Cursor {
  atMs: number;
  id: string;
}

/** Text that fits into an address. */
export function encodeCursor({ atMs, id }: Cursor): string {
  return Buffer.from(JSON.stringify([atMs, id])).toString('base64url');
}

/** @throws HttpError 400 for anything that `encodeCursor` did not make. */
export function decodeCursor(text: string): Cursor {
  try {
    const [atMs, id] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Number.isSafeInteger(atMs) && typeof id === 'string') return { atMs, id };
  } catch {
    // Said below.
  }
  throw new HttpError(400, 'cursor: is not one that an earlier answer gave', {
    details: { field: 'cursor' },
  });
}
