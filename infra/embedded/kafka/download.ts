import { resolve } from 'node:path';
import type { Settings } from '../../../shared/config/index.ts';
import { downloadJars, type JarProgress, missingJars } from '../maven/jars.ts';
import pinned from './jars.json' with { type: 'json' };

export const kafkaJars = pinned.jars;

/** Where the broker's jars are: kept by `make clean`. */
export function kafkaJarsFolder(settings: Pick<Settings, 'dataDir'>): string {
  return resolve(settings.dataDir, 'downloads', 'kafka');
}

/** Bytes that `downloadKafka` would fetch now. */
export async function kafkaDownloadBytes(settings: Pick<Settings, 'dataDir'>): Promise<number> {
  const missing = await missingJars(kafkaJars, kafkaJarsFolder(settings));
  return missing.reduce((sum, jar) => sum + jar.bytes, 0);
}

/** Fetches the broker's jars, those that are missing. @returns how many files came. */
export async function downloadKafka(
  settings: Pick<Settings, 'dataDir'>,
  { onProgress }: { onProgress?: (progress: JarProgress) => void } = {},
): Promise<number> {
  return downloadJars({ jars: kafkaJars, directory: kafkaJarsFolder(settings), onProgress });
}
