import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MongoClient, MongoServerError } from 'mongodb';
import type { Part } from '../../platform/part.ts';
import { mongoHealth } from './health.ts';
import type { MongoSettings } from './settings.ts';

const replicaSet = 'rs0';

/** A real `mongod` as a replica set of one, so that transactions and majority writes work. */
export function mongodPart(
  { dataDir, bindAddress: host, mongodbPort: port }: MongoSettings,
  { mongod }: { mongod: string },
): Part {
  const folder = resolve(dataDir, 'data', 'mongod');
  return {
    name: 'mongodb',
    command: [
      mongod,
      '--dbpath',
      folder,
      '--port',
      String(port),
      '--bind_ip',
      host,
      '--replSet',
      replicaSet,
      '--wiredTigerCacheSizeGB',
      '0.5',
      '--quiet',
    ],
    env: {},
    ports: [{ port, setting: 'MONGODB_PORT' }],
    prepare: async () => {
      await mkdir(folder, { recursive: true });
    },
    health: async () => {
      const health = await mongoHealth({ host, port });
      // Once in the life of the data folder; until then no server is primary.
      if (!health.ok) await initiate({ host, port });
      return health;
    },
    stopTimeoutMs: 30_000,
    after: [],
  };
}

/** Makes the server a replica set of itself, if it is not one. What goes wrong shows in the next health. */
async function initiate({ host, port }: { host: string; port: number }): Promise<void> {
  const client = new MongoClient(`mongodb://${host}:${port}`, {
    directConnection: true,
    serverSelectionTimeoutMS: 300,
  });
  try {
    await client.db('admin').command({
      replSetInitiate: { _id: replicaSet, members: [{ _id: 0, host: `${host}:${port}` }] },
    });
  } catch (error) {
    const alreadyInitialized = error instanceof MongoServerError && error.code === 23;
    if (!alreadyInitialized) return;
  } finally {
    await client.close().catch(() => {});
  }
}
