import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

/** One line of a function's output, as OpenFaaS's log API names its fields. */
export interface LogMessage {
  name: string;
  namespace: string;
  instance: string;
  /** ISO time. */
  timestamp: string;
  text: string;
}

export interface LogStore {
  append(message: LogMessage): void;
  /** Kept lines of a function, oldest first. */
  recent(name: string): readonly LogMessage[];
  /** Calls `listener` for each new line of a function; the returned function ends it. */
  follow(name: string, listener: (message: LogMessage) => void): () => void;
  close(): Promise<void>;
}

/**
 * Output of functions: the last lines in memory for the log API, and all of them in a file a function, of which
 * one older generation is kept.
 */
export function createLogStore({
  folder,
  keepLines = 2000,
  maxFileBytes = 32 * 1024 * 1024,
}: {
  folder: string;
  keepLines?: number;
  maxFileBytes?: number;
}): LogStore {
  mkdirSync(folder, { recursive: true });
  const lines = new Map<string, LogMessage[]>();
  const files = new Map<string, { stream: WriteStream; bytes: number }>();
  const listeners = new Map<string, Set<(message: LogMessage) => void>>();

  function fileOf(name: string) {
    let file = files.get(name);
    const path = join(folder, `${name}.log`);
    if (file !== undefined && file.bytes > maxFileBytes) {
      file.stream.end();
      renameSync(path, `${path}.1`);
      file = undefined;
    }
    if (file === undefined) {
      const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      file = { stream: createWriteStream(path, { flags: 'a', mode: 0o600 }), bytes };
      // A full disk must not stop the functions; the log API still has the lines.
      file.stream.on('error', () => {});
      files.set(name, file);
    }
    return file;
  }

  return {
    append: (message) => {
      const { name, text } = message;
      let kept = lines.get(name);
      if (kept === undefined) {
        kept = [];
        lines.set(name, kept);
      }
      kept.push(message);
      if (kept.length > keepLines * 1.25) kept.splice(0, kept.length - keepLines);
      const file = fileOf(name);
      const line = `${text}\n`;
      file.bytes += Buffer.byteLength(line);
      file.stream.write(line);
      for (const listener of listeners.get(name) ?? []) listener(message);
    },
    recent: (name) => lines.get(name)?.slice(-keepLines) ?? [],
    follow: (name, listener) => {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener);
      return () => {
        set.delete(listener);
      };
    },
    close: async () => {
      await Promise.all(
        [...files.values()].map(({ stream }) => new Promise<void>((done) => stream.end(() => done()))),
      );
    },
  };
}
