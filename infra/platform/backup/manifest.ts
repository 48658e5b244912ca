import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PipelineError } from '../../../shared/errors/index.ts';

/** What a backup holds, and by what a restore is checked. */
export interface Manifest {
  version: 1;
  /** RFC 3339. */
  at: string;
  /** Ends by partition of events_clean: everything below is in it. */
  ends: Record<string, number>;
  clickhouse: Content;
  mongodb: Content;
  files: BackupFile[];
}

/** How many, and the sum of a hash of each, which does not depend on their order. */
export interface Content {
  count: number;
  checksum: string;
}

export interface BackupFile {
  /** Relative to the backup's folder. */
  name: string;
  kind: 'events' | 'exceptions' | 'documents';
  shard: number;
  sha256: string;
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** @throws PipelineError `BACKUP` when there is none, or a file is missing or damaged. */
export async function readManifest(folder: string): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  } catch (cause) {
    throw new PipelineError('BACKUP', `${folder} holds no whole backup: its manifest.json cannot be read`, {
      cause,
    });
  }
  for (const { name, sha256 } of manifest.files) {
    const found = await sha256Of(join(folder, name)).catch(() => 'missing');
    if (found !== sha256) {
      throw new PipelineError(
        'BACKUP',
        `${join(folder, name)} is ${found === 'missing' ? 'missing' : 'damaged'}`,
      );
    }
  }
  return manifest;
}
