import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../part.ts';
import { startOf } from '../process-table.ts';

/** What is remembered of a started process, so that a later supervisor can take it over. */
export interface Remembered {
  pid: number;
  /** As in process-table.ts: numbers come again, start times do not. */
  start: string;
  /** Of command and environment: one that was started differently is replaced, not taken over. */
  fingerprint: string;
}

/** One file a part in the run folder. */
export function createPidFiles({ folder }: { folder: string }) {
  const fileOf = (name: string) => join(folder, `${name}.json`);
  return {
    write(name: string, { pid, fingerprint }: { pid: number; fingerprint: string }): void {
      mkdirSync(folder, { recursive: true });
      const remembered: Remembered = { pid, start: startOf(pid) ?? '', fingerprint };
      const temporary = `${fileOf(name)}.new`;
      writeFileSync(temporary, JSON.stringify(remembered));
      renameSync(temporary, fileOf(name));
    },
    /** The remembered process, if it is still the one that runs. */
    living(name: string): Remembered | undefined {
      try {
        const remembered = JSON.parse(readFileSync(fileOf(name), 'utf8')) as Remembered;
        return startOf(remembered.pid) === remembered.start ? remembered : undefined;
      } catch {
        return undefined;
      }
    },
    remove(name: string): void {
      rmSync(fileOf(name), { force: true });
    },
  };
}

export type PidFiles = ReturnType<typeof createPidFiles>;

/** Equal for two parts that would be started alike. */
export function fingerprintOf({ command, cwd, env }: Pick<Part, 'command' | 'cwd' | 'env'>): string {
  const sorted = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([command, cwd, sorted]))
    .digest('hex');
}
