import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { PipelineError } from '../../shared/errors/index.ts';
import type { Part, PartPort } from './part.ts';

/** Who listens on a port: `java (process 4711)`, `another process`, or undefined when it is free. */
export async function holderOf(host: string, port: number): Promise<string | undefined> {
  if (await isFree(host, port)) return undefined;
  const pid = process.platform === 'linux' ? listenerOnLinux(port) : await listenerByLsof(port);
  if (pid === undefined) return 'a process of another user';
  return `${await nameOf(pid)} (process ${pid})`;
}

/**
 * @throws PipelineError `PORT_TAKEN` that names every port of the parts that is taken, by what, and its setting.
 */
export async function checkPorts(
  host: string,
  parts: readonly Pick<Part, 'name' | 'ports'>[],
): Promise<void> {
  const wanted = parts.flatMap(({ name, ports }) => ports.map((port) => ({ name, ...port })));
  const taken = await Promise.all(
    wanted.map(async (port) => ({ ...port, holder: await holderOf(host, port.port) })),
  );
  const lines = taken.flatMap(({ name, port, setting, holder }) =>
    holder
      ? [`port ${port} of ${name} is taken by ${holder}: stop that, or set ${setting} to a free port`]
      : [],
  );
  if (lines.length > 0) throw new PipelineError('PORT_TAKEN', lines.join('\n'));
}

/** Settings that would put two parts on one port. */
export function clashingPorts(parts: readonly { name: string; ports: readonly PartPort[] }[]): string[] {
  const users = new Map<number, string[]>();
  for (const { ports } of parts) {
    for (const { port, setting } of ports) users.set(port, [...(users.get(port) ?? []), setting]);
  }
  return [...users].flatMap(([port, settings]) =>
    settings.length > 1 ? [`${settings.join(' and ')} both lead to port ${port}`] : [],
  );
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  } finally {
    server.close();
  }
}

/** By the socket's inode: /proc/net/tcp names it, the owner's file descriptors point to it. */
function listenerOnLinux(port: number): number | undefined {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readText(table).split('\n')) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === '0A' && local?.endsWith(`:${hexPort}`) && inode) inodes.add(`socket:[${inode}]`);
    }
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
        if (inodes.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))) return Number(pid);
      }
    } catch {
      // Another user's process, or one that ended.
    }
  }
  return undefined;
}

async function listenerByLsof(port: number): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN']);
    return Number.parseInt(stdout, 10) || undefined;
  } catch {
    return undefined;
  }
}

async function nameOf(pid: number): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]);
    const [program = '', ...args] = stdout.trim().split(/\s+/);
    const script = args.find((arg) => !arg.startsWith('-') && /\.[cm]?[jt]s$/.test(arg));
    return [program.split('/').at(-1), script?.split('/').slice(-2).join('/')].filter(Boolean).join(' ');
  } catch {
    return 'a process';
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
