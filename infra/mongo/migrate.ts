import { fileURLToPath } from 'node:url';
import { type Db, MongoServerError } from 'mongodb';
import { createMongo, type MongoAccess } from '../../shared/clients/mongo/index.ts';
import type { Settings } from '../../shared/config/index.ts';
import { type Migration, pending, readMigrations, type Step, stepOf } from './migrations.ts';

const folder = fileURLToPath(new URL('./migrations/', import.meta.url));

/** What was done, by file name; empty when everything was up to date. */
export interface Migrated {
  applied: string[];
}

type Registered = { _id: string; checksum: string; applied_at: Date };

/**
 * Brings the database to its newest schema, and the age at which events expire to RETENTION_DAYS. Each file is
 * applied once and recorded with its checksum in `schema_migrations`; each can be repeated, so a run that broke
 * off, a second run and two runs at once do no harm.
 *
 * @throws PipelineError `MIGRATION_CHANGED`, or the server's own error.
 */
export async function migrateMongo(
  settings: MongoAccess & Pick<Settings, 'retentionDays'>,
  { migrations = readMigrations(folder) }: { migrations?: readonly Migration[] } = {},
): Promise<Migrated> {
  const mongo = createMongo(settings);
  try {
    const registry = mongo.db.collection<Registered>('schema_migrations');
    const applied = new Map((await registry.find().toArray()).map(({ _id, checksum }) => [_id, checksum]));
    const todo = pending(migrations, applied);
    const sharded = todo.length > 0 && (await isSharded(mongo.db));
    const values = { collection: settings.mongodbCollection, retentionDays: settings.retentionDays };
    for (const migration of todo) {
      await apply(mongo.db, stepOf(migration, values), sharded);
      const { name, checksum } = migration;
      // Two runs at once record it once.
      await registry.updateOne(
        { _id: name },
        { $setOnInsert: { checksum, applied_at: new Date() } },
        { upsert: true },
      );
    }
    for (const migration of migrations) await setRetention(mongo.db, stepOf(migration, values));
    return { applied: todo.map(({ name }) => name) };
  } finally {
    await mongo.close();
  }
}

async function isSharded(db: Db): Promise<boolean> {
  return (await db.admin().command({ hello: 1 })).msg === 'isdbgrid';
}

async function apply(db: Db, { collection, shardKey, indexes }: Step, sharded: boolean): Promise<void> {
  if (sharded && shardKey !== undefined) {
    await db.admin().command({ shardCollection: `${db.databaseName}.${collection}`, key: shardKey });
  }
  const existing = await indexesOf(db, collection);
  // Another retention of the same index is settled below; MongoDB would refuse it here.
  const missing = indexes.filter(({ name }) => !existing.has(name));
  if (missing.length > 0) await db.collection(collection).createIndexes(missing);
}

/** RETENTION_DAYS may change at any time: it is no migration. */
async function setRetention(db: Db, { collection, indexes }: Step): Promise<void> {
  const existing = await indexesOf(db, collection);
  for (const { name, expireAfterSeconds } of indexes) {
    const now = existing.get(name);
    // A server that does not know of expiry does not name it.
    if (expireAfterSeconds === undefined || now === undefined || now === expireAfterSeconds) continue;
    await db.command({ collMod: collection, index: { name, expireAfterSeconds } });
  }
}

/** Seconds until expiry by index name; undefined for an index without. */
async function indexesOf(db: Db, collection: string): Promise<Map<string, number | undefined>> {
  try {
    const indexes = await db.collection(collection).indexes();
    return new Map(indexes.map(({ name, expireAfterSeconds }) => [name ?? '', expireAfterSeconds]));
  } catch (error) {
    if (error instanceof MongoServerError && error.codeName === 'NamespaceNotFound') return new Map();
    throw error;
  }
}
