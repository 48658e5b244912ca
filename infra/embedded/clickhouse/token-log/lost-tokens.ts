import type { LogRecord } from './log-file.ts';
import { covers, parsePartName } from './part-name.ts';

/** A token that the log knows, of a part that is not there. */
export interface LostToken {
  part: string;
  blockId: string;
}

/**
 * The tokens whose rows are missing: neither their part nor one that was merged or mutated from it is among the
 * folders of the table. A plain table writes the token first and renames the part into place then; a process that
 * was killed in between would take a retry for a repetition and acknowledge rows that it does not have.
 *
 * A part that was dropped on purpose takes its tokens along (the engine writes that into the log as well), so
 * one whose record of that is missing is no different. Parts with names of another form are left alone.
 */
export function lostTokens(records: readonly LogRecord[], folders: readonly string[]): LostToken[] {
  const known = new Map<string, string>();
  for (const { operation, part, blockId } of records) {
    if (operation === 'add') known.set(blockId, part);
    else known.delete(blockId);
  }
  const present = folders.flatMap((name) => parsePartName(name) ?? []);
  const lost: LostToken[] = [];
  for (const [blockId, name] of known) {
    const part = parsePartName(name);
    if (part !== undefined && !present.some((other) => covers(other, part))) {
      lost.push({ part: name, blockId });
    }
  }
  return lost;
}
