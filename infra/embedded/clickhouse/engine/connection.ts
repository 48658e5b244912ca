import { engineError } from './engine-error.ts';
import type { NativeConnection, NativeEngine, NativeInsert, NativeResult } from './native.ts';

/** Settings by name; `param_<name>` sets the query parameter `<name>`. */
export type EngineSettings = Readonly<Record<string, string>>;

/** One connection to the engine. It runs one statement at a time; callers must not overlap them. */
export interface Connection {
  /** Marks this connection's statement among the running ones (`log_comment`), so that it can be cancelled. */
  readonly mark: string;
  /** Makes exactly these the session's settings and database (undefined: as it is); sends only what differs. */
  prepare(wanted: { database: string | undefined; settings: EngineSettings }): Promise<void>;
  query(sql: string, format: string): Promise<NativeResult>;
  /** Runs an INSERT whose data follows in `data`. */
  insert(statement: string, data: Uint8Array): Promise<NativeInsert>;
  /** False when its session holds what `prepare` cannot undo for these: a query parameter can be set anew, not removed. */
  serves(settings: EngineSettings): boolean;
  close(): void;
}

export function openConnection({
  engine,
  dataFolder,
  args,
  mark,
}: {
  engine: NativeEngine;
  dataFolder: string;
  args?: readonly string[];
  mark: string;
}): Connection {
  const handle: NativeConnection = engine.CreateConnection(dataFolder, args);
  const applied = new Map<string, string>();
  let database = 'default';
  const parameters = new Set<string>();

  const query = (sql: string, format: string) =>
    engine.QueryAsyncConnection(handle, sql, format).catch((error) => {
      throw engineError(error);
    });

  return {
    mark,
    query,
    insert: (statement, data) =>
      engine.InsertRawAsyncConnection(handle, statement, data, false).catch((error) => {
        throw engineError(error);
      }),
    prepare: async (wanted) => {
      const settings: EngineSettings = { log_comment: mark, ...wanted.settings };
      const gone = [...applied.keys()].filter((name) => !(name in settings));
      const changed = Object.entries(settings).filter(([name, value]) => applied.get(name) !== value);
      // What a request has asked for itself would forbid the next one's changes: it is lifted first, and set with them.
      const { readonly } = settings;
      if (readonly !== undefined && applied.get('readonly') === readonly && changed.length > 0) {
        gone.push('readonly');
        changed.push(['readonly', readonly]);
      }
      for (const [name] of changed) if (name.startsWith('param_')) parameters.add(name);
      // Forgotten before, noted after: should the engine refuse one, the next call sends all of them again.
      for (const [name] of changed) applied.delete(name);
      if (gone.length > 0) await query(`SET ${gone.map((name) => `${name} = DEFAULT`).join(', ')}`, 'Null');
      for (const name of gone) applied.delete(name);
      if (changed.length > 0) {
        await query(`SET ${changed.map(([name, value]) => `${name} = ${quoted(value)}`).join(', ')}`, 'Null');
      }
      for (const [name, value] of changed) applied.set(name, value);
      if (wanted.database !== undefined && database !== wanted.database) {
        await query(`USE ${identifier(wanted.database)}`, 'Null');
        database = wanted.database;
      }
    },
    serves: (settings) => [...parameters].every((name) => name in settings),
    close: () => engine.CloseConnection(handle),
  };
}

/** A ClickHouse string literal. */
export function quoted(value: string): string {
  return `'${value.replace(/[\\']/g, (c) => `\\${c}`)}'`;
}

/** A quoted ClickHouse identifier. */
export function identifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, (c) => `\\${c}`)}\``;
}
