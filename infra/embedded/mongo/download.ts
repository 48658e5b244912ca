import { resolve } from 'node:path';
import type { Settings } from '../../../shared/config/index.ts';
import { downloadJars, type JarProgress, missingJars } from '../maven/jars.ts';
import pinned from './jars.json' with { type: 'json' };
import { findMongod } from './mongod.ts';

export const mongoJars = pinned.jars;

type MongoDownloadSettings = Pick<Settings, 'dataDir' | 'mongodBinary'>;

/** Where the stand-in's jars and its compiled classes are: kept by `make clean`. */
export function mongoFolder(settings: Pick<Settings, 'dataDir'>): string {
  return resolve(settings.dataDir, 'downloads', 'mongodb');
}

/** Bytes that `downloadMongo` would fetch now; none when a real `mongod` is there. */
export async function mongoDownloadBytes(settings: MongoDownloadSettings): Promise<number> {
  if (findMongod(settings) !== undefined) return 0;
  const missing = await missingJars(mongoJars, mongoFolder(settings));
  return missing.reduce((sum, jar) => sum + jar.bytes, 0);
}

/** Fetches the stand-in's jars, those that are missing; none when a real `mongod` is there. @returns how many. */
export async function downloadMongo(
  settings: MongoDownloadSettings,
  { onProgress }: { onProgress?: (progress: JarProgress) => void } = {},
): Promise<number> {
  if (findMongod(settings) !== undefined) return 0;
  return downloadJars({ jars: mongoJars, directory: mongoFolder(settings), onProgress });
}
