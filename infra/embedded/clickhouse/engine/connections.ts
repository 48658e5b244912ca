import { type Connection, type EngineSettings, openConnection, quoted } from './connection.ts';
import type { NativeEngine } from './native.ts';

/** The engine of this process and its connections. */
export interface Connections {
  readonly version: string;
  /**
   * A connection of this session state, for one statement at a time. Give it back with `release`.
   * `readonly`: 0 all, 1 nothing but reads, 2 reads and changes of settings.
   */
  acquire(wanted: { database: string; settings: EngineSettings; readonly: 0 | 1 | 2 }): Promise<Connection>;
  /** `keep: false` when the session may hold what another request must not see. */
  release(connection: Connection, options: { keep: boolean }): void;
  /** Asks the engine to cancel what the connection runs; its promise then rejects with QUERY_WAS_CANCELLED (394). */
  cancel(connection: Connection): Promise<void>;
  /** Runs `kill`, a statement that cancels others by their marks; none is reused meanwhile. */
  cancelling<T>(kill: () => Promise<T>): Promise<T>;
  /** The settings of every session. */
  readonly settings: EngineSettings;
  /** Runs one of the server's own statements, outside every limit, and answers TSV. */
  own(sql: string): Promise<string>;
  close(): void;
}

/** Settings of every session: what a server has, where the library, made for the command line, differs. */
const serverDefaults: EngineSettings = {
  // Acknowledged means stored: no rows wait in memory for others.
  async_insert: '0',
  // `SELECT` must be written; the command line's engine adds it.
  implicit_select: '0',
  // The command line's engine maps files into memory, which counts as this process's own.
  storage_file_read_method: 'pread',
};

const kept = 8;

/**
 * Opens the engine on `dataFolder` with `args` (those of `clickhouse local`). A connection costs about half a
 * millisecond; those of full rights are kept for reuse, readonly cannot be taken back.
 */
export async function openConnections({
  engine,
  dataFolder,
  args,
  defaults = {},
}: {
  engine: NativeEngine;
  dataFolder: string;
  args: readonly string[];
  /** Settings of every session, below those of a request. */
  defaults?: EngineSettings;
}): Promise<Connections> {
  const base = { ...serverDefaults, ...defaults };
  let opened = 0;
  const open = () => openConnection({ engine, dataFolder, args, mark: `connection-${++opened}` });
  const own = open();
  await own.prepare({ database: 'default', settings: base });
  const version = (await own.query('SELECT version()', 'TabSeparated').then(text)).trim();
  let queue: Promise<unknown> = Promise.resolve();
  let cancelling = 0;
  const idle: Connection[] = [];
  const all = new Set<Connection>();

  const discard = (connection: Connection) => {
    all.delete(connection);
    connection.close();
  };
  const runOwn = (sql: string) => {
    const result = queue.then(() => own.query(sql, 'TabSeparated'));
    queue = result.catch(() => {});
    return result.then(text);
  };

  return {
    version,
    own: runOwn,
    acquire: async ({ database, settings, readonly }) => {
      const at = readonly === 0 ? idle.findLastIndex((candidate) => candidate.serves(settings)) : -1;
      const connection = at < 0 ? open() : (idle.splice(at, 1)[0] as Connection);
      all.add(connection);
      try {
        // Readonly comes in between: what it forbids to change must be set before, and what the request
        // wishes to change is for the engine to judge.
        if (readonly > 0) {
          await connection.prepare({ database, settings: base });
          await connection.query(`SET readonly = ${readonly}`, 'Null');
        }
        await connection.prepare({ database, settings: { ...base, ...settings } });
        return connection;
      } catch (error) {
        discard(connection);
        throw error;
      }
    },
    release: (connection, { keep }) => {
      // While something is being cancelled by its mark, no mark may come to mean another statement.
      if (keep && cancelling === 0) idle.push(connection);
      else discard(connection);
      const oldest = idle.length > kept ? idle.shift() : undefined;
      if (oldest !== undefined) discard(oldest);
    },
    cancelling: async (kill) => {
      cancelling++;
      try {
        return await kill();
      } finally {
        cancelling--;
      }
    },
    cancel: async (connection) => {
      cancelling++;
      try {
        // Not SYNC: a cancelled statement stays in the list until its connection runs another one.
        await runOwn(`KILL QUERY WHERE Settings['log_comment'] = ${quoted(connection.mark)} ASYNC`);
      } finally {
        cancelling--;
      }
    },
    settings: base,
    close: () => {
      for (const connection of all) connection.close();
      own.close();
    },
  };
}

const text = ({ bytes }: { bytes: Uint8Array }) => Buffer.from(bytes).toString();
