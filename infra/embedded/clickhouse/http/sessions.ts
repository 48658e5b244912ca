import type { Connection } from '../engine/connection.ts';
import { EngineError } from '../engine/engine-error.ts';

interface Session {
  connection: Connection;
  busy: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Sessions that clients name (`session_id`): settings and temporary tables live on between requests. */
export interface Sessions {
  /**
   * The session's connection, to be given back with `leave`.
   *
   * @throws EngineError 373 while another request uses it, 372 when it must exist and does not.
   */
  enter(key: string, options: { mustExist: boolean; open: () => Promise<Connection> }): Promise<Connection>;
  /** The session ends when nobody comes for `timeoutSeconds`. */
  leave(key: string, options: { timeoutSeconds: number }): void;
  close(): void;
}

export function createSessions({ discard }: { discard: (connection: Connection) => void }): Sessions {
  const sessions = new Map<string, Session>();
  const locked = () => new EngineError(373, 'SESSION_IS_LOCKED', 'Session is locked by a concurrent client');
  const opening = new Set<string>();
  const end = (key: string) => {
    const session = sessions.get(key);
    sessions.delete(key);
    if (session) discard(session.connection);
  };
  return {
    enter: async (key, { mustExist, open }) => {
      const session = sessions.get(key);
      if (session?.busy || opening.has(key)) throw locked();
      if (session === undefined) {
        if (mustExist) throw new EngineError(372, 'SESSION_NOT_FOUND', 'Session not found');
        opening.add(key);
        try {
          const connection = await open();
          sessions.set(key, { connection, busy: true, timer: undefined });
          return connection;
        } finally {
          opening.delete(key);
        }
      }
      clearTimeout(session.timer);
      session.busy = true;
      return session.connection;
    },
    leave: (key, { timeoutSeconds }) => {
      const session = sessions.get(key);
      if (session === undefined) return;
      session.busy = false;
      session.timer = setTimeout(() => end(key), timeoutSeconds * 1000);
      session.timer.unref();
    },
    close: () => {
      for (const [key, { timer, busy }] of sessions) {
        clearTimeout(timer);
        if (!busy) end(key);
      }
    },
  };
}
