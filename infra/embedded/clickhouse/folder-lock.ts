import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../../../shared/errors/index.ts';

/**
 * Makes this process the only one that works on `folder`, until it ends or calls the answer. The engine has a
 * lock of its own, but takes it only when it opens the tables: a second server that repaired the token logs
 * before that would take back tokens of inserts that the first is writing.
 *
 * The lock is a socket that only one process can listen on; the system frees it however the process ends.
 *
 * @throws PipelineError `FOLDER_IN_USE` while another process has it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 32);
  // Linux has sockets without a file, which leave nothing behind.
  const path =
    process.platform === 'linux'
      ? `\0embedded-clickhouse-${name}`
      : join(tmpdir(), `clickhouse-${name}.sock`);
  const inUse = () =>
    new PipelineError(
      'FOLDER_IN_USE',
      `Another server works on ${folder}: stop it first, or set another DATA_DIR`,
    );
  const listen = async () => {
    const server = createServer((socket) => socket.destroy());
    server.listen(path);
    await once(server, 'listening');
    server.unref();
    return () => new Promise<void>((resolve) => server.close(() => resolve()));
  };
  try {
    return await listen();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (process.platform === 'linux' || (await answers(path))) throw inUse();
    await rm(path, { force: true });
    return listen();
  }
}

/** Whether somebody listens, or the socket's file was left behind. */
async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
