import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Settings } from '../../../shared/config/index.ts';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';

/** The release that is fetched. */
export const mongodVersion = '8.0.17';

const packages = resolve(import.meta.dirname, '../../mongo/server/package.json');

/** Where `make mongod` puts the server: kept by `make clean`. */
export function officialMongod({ dataDir }: Pick<Settings, 'dataDir'>): string {
  return resolve(dataDir, 'downloads', 'mongod', 'mongod');
}

/** The part of mongodb-memory-server-core that is used. */
export interface MongoBinaries {
  getPath(options: { version: string; downloadDir: string; checkMD5: boolean }): Promise<string>;
}

/**
 * Fetches MongoDB's own server for this machine from MongoDB's download site, checks that it runs, and keeps it.
 *
 * @returns what it says of its version.
 * @throws PipelineError `MONGOD_DOWNLOAD` when it cannot be fetched, `MONGOD_BINARY` when it does not run here.
 */
export async function fetchMongod(
  settings: Pick<Settings, 'dataDir'>,
  { binaries = loadBinaries() }: { binaries?: MongoBinaries } = {},
): Promise<string> {
  const program = officialMongod(settings);
  const unfinished = join(dirname(program), 'unfinished');
  mkdirSync(unfinished, { recursive: true });
  let fetched: string;
  try {
    fetched = await binaries.getPath({ version: mongodVersion, downloadDir: unfinished, checkMD5: true });
  } catch (error) {
    throw new PipelineError(
      'MONGOD_DOWNLOAD',
      `mongod ${mongodVersion} cannot be fetched from MongoDB’s download site: ${messageOf(error)}\n` +
        'This machine may not be allowed to reach it, or there is no server for this system. The stand-in goes on ' +
        'serving; a mongod that was brought here otherwise is used when it is on PATH or named by MONGOD_BINARY.',
      { cause: error },
    );
  }
  chmodSync(fetched, 0o755);
  const version = versionOf(fetched);
  renameSync(fetched, program);
  rmSync(unfinished, { recursive: true, force: true });
  return version;
}

function versionOf(program: string): string {
  try {
    const said = execFileSync(program, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return said.split('\n')[0] ?? '';
  } catch (error) {
    throw new PipelineError('MONGOD_BINARY', `${program} does not run on this machine: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function loadBinaries(): MongoBinaries {
  // No download at its start, none into the home folder.
  const { MongoBinary } = createRequire(packages)('mongodb-memory-server-core/lib/util/MongoBinary.js') as {
    MongoBinary: MongoBinaries;
  };
  return MongoBinary;
}
