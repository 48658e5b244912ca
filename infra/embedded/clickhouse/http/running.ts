import type { Connection } from '../engine/connection.ts';
import { quoted } from '../engine/connection.ts';
import { EngineError } from '../engine/engine-error.ts';

interface Entry {
  connection: Connection | undefined;
  ended: Promise<void>;
}

/** The queries that run now, by their ids, and the limit of their number. */
export interface Running {
  readonly count: number;
  /** @throws EngineError 202 when too many run, 216 when this id runs already. */
  enter(queryId: string): Slot;
  /** Where they run. */
  connections(): Connection[];
  /** SQL that gives the client's query id of a row of `system.processes`, where the engine has one of its own. */
  queryIdExpression(): string;
  /** Resolves when those of these ids that run now have ended. */
  ended(queryIds: readonly string[]): Promise<void>;
}

export interface Slot {
  runsOn(connection: Connection): void;
  leave(): void;
}

export function createRunning({ max }: { max: number }): Running {
  const entries = new Map<string, Entry>();
  return {
    get count() {
      return entries.size;
    },
    enter: (queryId) => {
      if (entries.size >= max) {
        throw new EngineError(
          202,
          'TOO_MANY_SIMULTANEOUS_QUERIES',
          `Too many simultaneous queries for all users. Current: ${entries.size}, maximum: ${max}`,
        );
      }
      if (entries.has(queryId)) {
        throw new EngineError(
          216,
          'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
          `Query with id = ${queryId} is already running.`,
        );
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const entry: Entry = { connection: undefined, ended: promise };
      entries.set(queryId, entry);
      return {
        runsOn: (connection) => {
          entry.connection = connection;
        },
        leave: () => {
          entries.delete(queryId);
          resolve();
        },
      };
    },
    connections: () => [...entries.values()].flatMap(({ connection }) => connection ?? []),
    queryIdExpression: () => {
      const known = [...entries].filter(([, { connection }]) => connection !== undefined);
      if (known.length === 0) return "''";
      const marks = known.map(([, { connection }]) => quoted((connection as Connection).mark)).join(', ');
      const ids = known.map(([id]) => quoted(id)).join(', ');
      return `transform(Settings['log_comment'], [${marks}], [${ids}], '')`;
    },
    ended: async (queryIds) => {
      await Promise.all(queryIds.map((id) => entries.get(id)?.ended));
    },
  };
}
