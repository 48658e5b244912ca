import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Named pipes between the engine and this process. Through one, the engine writes an answer in its final form
 * while it is sent on (`INTO OUTFILE`), or reads an insert while it arrives (`FROM INFILE`): neither is ever
 * whole in memory, and a slow client slows the query down.
 */
export interface Pipes {
  /** A pipe nobody else uses. */
  take(): Promise<string>;
  /** Give it back once the engine's statement has ended. */
  give(path: string): void;
}

/** Makes `count` pipes in `folder`, which is emptied; more are made when all are taken. */
export async function createPipes({ folder, count }: { folder: string; count: number }): Promise<Pipes> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let made = 0;
  const make = async (n: number) => {
    const paths = Array.from({ length: n }, () => join(folder, String(++made)));
    await run('mkfifo', ['-m', '600', ...paths]);
    return paths;
  };
  const free = await make(count);
  return {
    take: async () => free.pop() ?? ((await make(1))[0] as string),
    give: (path) => {
      free.push(path);
    },
  };
}

/**
 * The end at which this process reads; open it before the engine opens the other. `source` ends when the engine
 * closes. Read it to its end: until `close`, an engine that writes waits for a reader and hears of nothing else.
 *
 * A second, idle reader stays until `close`, since the engine may open the pipe again after an error, and would
 * wait for ever if nobody read.
 */
export function readingEnd(path: string): { source: Socket; close: () => void } {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const idle = openSync(path, flags);
  const source = new Socket({ fd: openSync(path, flags), readable: true, writable: false });
  source.on('error', () => {});
  return {
    source,
    close: () => {
      source.destroy();
      closeSync(idle);
    },
  };
}

/**
 * The end at which this process writes, once the engine has opened the other: what is written and closed before that
 * would be lost. Undefined when `over` says that the engine's statement has ended without opening it.
 */
export async function writingEnd(path: string, over: () => boolean): Promise<Socket | undefined> {
  while (!over()) {
    try {
      const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      const target = new Socket({ fd, readable: false, writable: true });
      target.on('error', () => {});
      return target;
    } catch (error) {
      // Nobody reads yet.
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await delay(1);
    }
  }
  return undefined;
}
