import { join, resolve } from 'node:path';
import type { Settings } from '../../shared/config/index.ts';

/** The checkout, wherever a command was typed. */
export const projectRoot = resolve(import.meta.dirname, '../..');

/** Where the state of the platform lives: one folder, ignored by git. */
export interface Paths {
  root: string;
  data: string;
  logs: string;
  /** One file a started process, so that a later supervisor finds it. */
  run: string;
  secrets: string;
  downloads: string;
  reports: string;
}

export function pathsOf(settings: Pick<Settings, 'dataDir'>): Paths {
  const root = resolve(projectRoot, settings.dataDir);
  return {
    root,
    data: join(root, 'data'),
    logs: join(root, 'logs'),
    run: join(root, 'run'),
    secrets: join(root, 'secrets'),
    downloads: join(root, 'downloads'),
    reports: join(root, 'reports'),
  };
}

/** The log file of a part. */
export const logFileOf = (paths: Paths, part: string): string => join(paths.logs, `${part}.log`);
