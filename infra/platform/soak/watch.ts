import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Settings } from '../../../shared/config/index.ts';
import { readLag } from '../lag.ts';
import { namedProcesses } from '../named-processes.ts';
import { pathsOf } from '../paths.ts';

const run = promisify(execFile);

/** What was seen at one moment; bytes and files by the name of the part or function. */
export interface Sample {
  /** Seconds since the start. */
  at: number;
  memory: Record<string, number>;
  /** Open file descriptors; empty where the machine does not tell. */
  files: Record<string, number>;
  /** Of the function that is furthest behind; undefined while the connector does not tell. */
  lagSeconds: number | undefined;
  /** Bytes on disk of each folder of data. */
  disk: Record<string, number>;
}

/** Looks every `everyMs` until `stop`, which waits for the look under way. */
export function watch(
  settings: Settings,
  { everyMs }: { everyMs: number },
): { samples: Sample[]; stop: () => Promise<void> } {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  let looking: Promise<void> | undefined;
  async function look(): Promise<void> {
    const at = (performance.now() - startedAt) / 1000;
    const [processes, lags, disk] = await Promise.all([
      namedProcesses(settings),
      readLag(settings),
      diskUse(pathsOf(settings).data),
    ]);
    const memory: Record<string, number> = {};
    const files: Record<string, number> = {};
    for (const { name, pid, residentBytes } of processes) {
      memory[name] = (memory[name] ?? 0) + residentBytes;
      const open = openFiles(pid);
      if (open !== undefined) files[name] = (files[name] ?? 0) + open;
    }
    samples.push({ at, memory, files, disk, lagSeconds: lags && Math.max(...lags.map((l) => l.seconds)) });
  }
  const next = () => {
    looking ??= look()
      .catch(() => {}) // A part is on its way down or up; the next look tells.
      .finally(() => {
        looking = undefined;
      });
  };
  next();
  const timer = setInterval(next, everyMs);
  return {
    samples,
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}

function openFiles(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined; // It has just ended, or this is no Linux.
  }
}

/** Of each folder in `data`. Files that go while they are counted make `du` complain, not err. */
async function diskUse(data: string): Promise<Record<string, number>> {
  const folders = readdirSync(data);
  const text = await run('du', ['-sk', ...folders.map((name) => join(data, name))]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
  const kilobytes = text.split('\n').map((line) => Number.parseInt(line, 10));
  return Object.fromEntries(folders.map((name, i) => [name, (kilobytes[i] ?? 0) * 1024]));
}
