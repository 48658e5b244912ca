import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { createClickHouse } from '../../../shared/clients/clickhouse/index.ts';
import type { Cluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { untilPassed } from '../user-deletion/passed.ts';
import * as clickhouse from './clickhouse.ts';
import { type BackupFile, type Content, type Manifest, sha256Of, writeManifest } from './manifest.ts';
import * as mongo from './mongo.ts';

/**
 * Copies what both stores hold below one cut through events_clean, while the pipeline goes on.
 *
 * @param folder must not exist, or be empty.
 * @throws PipelineError `BACKUP` for another folder, `NOT_PASSED` when the sinks do not catch up.
 */
export async function backUp(
  cluster: Cluster,
  settings: Settings,
  { folder, timeoutMs = 120_000, now = Date.now }: { folder: string; timeoutMs?: number; now?: () => number },
): Promise<Manifest> {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) throw new PipelineError('BACKUP', `${folder} is not empty`);
  const groups = ['mongo-write', 'clickhouse-write'];
  const passed = await untilPassed(cluster, { topic: settings.cleanTopic, groups, timeoutMs });
  const size = Math.max(0, ...[...passed.keys()].map((each) => each + 1));
  const ends = Array.from({ length: size }, (_, each) => passed.get(each) ?? 0);
  const stores = createClickHouse(settings, { requestTimeoutMs: 3_600_000 });
  const documents = createMongo(settings, { socketTimeoutMs: 3_600_000 });
  try {
    const files: Omit<BackupFile, 'sha256'>[] = [];
    const contents: Content[] = [];
    for (const [shard, { replicas }] of stores.shards.entries()) {
      const client = replicas[0] as ClickHouseClient;
      files.push(...(await clickhouse.dumpShard(client, { folder, shard, ends })));
      contents.push(await clickhouse.contentOf(client, ends));
    }
    const name = 'mongodb.bson.gz';
    await mongo.dumpDocuments(documents.events(), { file: join(folder, name), ends });
    files.push({ name, kind: 'documents', shard: 0 });
    const manifest: Manifest = {
      version: 1,
      at: new Date(now()).toISOString(),
      ends: Object.fromEntries(ends.entries()),
      clickhouse: sumOf(contents),
      mongodb: await mongo.contentOf(documents.events(), ends),
      files: await Promise.all(
        files.map(async (file) => ({ ...file, sha256: await sha256Of(join(folder, file.name)) })),
      ),
    };
    // Last: a backup that broke off has none.
    writeManifest(folder, manifest);
    return manifest;
  } finally {
    await Promise.all([stores.close(), documents.close()]);
  }
}

/** Of all shards: sums add up, modulo 2^64 as ClickHouse's do. */
export function sumOf(contents: readonly Content[]): Content {
  return {
    count: contents.reduce((sum, { count }) => sum + count, 0),
    checksum: String(
      BigInt.asUintN(
        64,
        contents.reduce((sum, { checksum }) => sum + BigInt(checksum), 0n),
      ),
    ),
  };
}
