import type { Dirent } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../../../../shared/errors/index.ts';
import { dropLine, inOrder, type LogRecord, parseLog } from './log-file.ts';
import { type LostToken, lostTokens } from './lost-tokens.ts';

export interface Repair {
  /** Tables that remember tokens. */
  tables: number;
  /** Tokens that were taken back because their rows are missing. */
  forgotten: (LostToken & { table: string })[];
}

/**
 * Makes the tables of a stopped engine forget the tokens whose rows they do not have, so that a retry inserts
 * them. Run it before the engine opens the tables.
 *
 * Every step may be cut off and repeated: it only appends what the engine itself appends when it drops a part.
 *
 * @throws PipelineError `TOKEN_LOG` for a log of another form: opening such tables could lose or double rows.
 */
export async function repairTokenLogs(dataFolder: string): Promise<Repair> {
  const tables = await tablesWithTokens(dataFolder);
  const forgotten: Repair['forgotten'] = [];
  for (const table of tables) {
    for (const token of await repairTable(table)) forgotten.push({ table, ...token });
  }
  return { tables: tables.length, forgotten };
}

const logFolder = 'deduplication_logs';

/** Tables of Atomic databases are in `store/<3 letters>/<uuid>`, those of Ordinary ones in `data/<db>/<table>`. */
async function tablesWithTokens(dataFolder: string): Promise<string[]> {
  const found: string[] = [];
  for (const top of ['store', 'data']) {
    for (const middle of await folders(join(dataFolder, top))) {
      for (const table of await folders(join(dataFolder, top, middle))) {
        const path = join(dataFolder, top, middle, table);
        if ((await folders(path)).includes(logFolder)) found.push(path);
      }
    }
  }
  return found;
}

async function repairTable(table: string): Promise<LostToken[]> {
  const logs = join(table, logFolder);
  const files = inOrder(await readdir(logs));
  const last = files.at(-1);
  if (last === undefined) return [];
  const records: LogRecord[] = [];
  let wholeBytes = 0;
  let torn = false;
  for (const file of files) {
    const content = await readFile(join(logs, file));
    const parsed = parseLog(content);
    if (parsed.unknown) {
      throw new PipelineError(
        'TOKEN_LOG',
        `${join(logs, file)}: not a token log of the form that this version knows; is the data of another version?`,
      );
    }
    for (const record of parsed.records) records.push(record);
    wholeBytes = parsed.wholeBytes;
    torn = parsed.torn;
  }
  const lost = lostTokens(records, await folders(table));
  if (lost.length === 0 && !torn) return [];
  const file = await open(join(logs, last), 'r+');
  try {
    // Half a record makes the engine give up reading, and the next one would be written behind it.
    if (torn) await file.truncate(wholeBytes);
    await file.write(lost.map(dropLine).join(''), wholeBytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return lost;
}

/** Names of the folders in `path`, links not followed (they lead into `store`); none when it does not exist. */
async function folders(path: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(path, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
