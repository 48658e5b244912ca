import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { officialMongod } from './official.ts';

/**
 * The real `mongod` to run: that of MONGOD_BINARY, else the first on PATH, else what `make mongod` fetched.
 *
 * @returns undefined when there is none.
 * @throws PipelineError `MONGOD_BINARY` when the setting names no program.
 */
export function findMongod(
  { mongodBinary, dataDir }: Pick<Settings, 'mongodBinary'> & Partial<Pick<Settings, 'dataDir'>>,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (mongodBinary !== undefined) {
    const path = resolve(mongodBinary);
    if (isProgram(path)) return path;
    throw new PipelineError('MONGOD_BINARY', `MONGOD_BINARY: ${path} is not a program that can be run`);
  }
  const fetched = dataDir === undefined ? [] : [officialMongod({ dataDir })];
  return [...onPath('mongod', env), ...fetched].find(isProgram);
}

/** The `mongos` to run beside a `mongod`: the one in its folder, else the first on PATH. */
export function findMongos(mongod: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return [join(dirname(mongod), 'mongos'), ...onPath('mongos', env)].find(isProgram);
}

const onPath = (name: string, { PATH = '' }: NodeJS.ProcessEnv): string[] =>
  PATH.split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name));

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
