import { type Collection, type Db, type Document, MongoClient } from 'mongodb';
import type { Settings } from '../../config/index.ts';

export type MongoAccess = Pick<Settings, 'mongodbUri' | 'mongodbDatabase' | 'mongodbCollection'>;

export interface Mongo {
  readonly client: MongoClient;
  readonly db: Db;
  /** The collection of events as they were sent. */
  events<T extends Document = Document>(): Collection<T>;
  close(): Promise<void>;
}

/**
 * One client a process, with a pool of connections. Connects at first use.
 *
 * Whatever the address says, it reads from the primary what the majority has, and writes are acknowledged by the majority
 * and journaled. A secondary that lags would make acknowledged events look lost, a primary cut off from its set would
 * show events that are rolled back with it.
 *
 * It gives up on a server that cannot be reached after `serverSelectionTimeoutMs`, so that a caller is told to
 * come again instead of waiting half a minute.
 */
export function createMongo(
  settings: MongoAccess,
  {
    serverSelectionTimeoutMs = 5000,
    socketTimeoutMs = 50_000,
    maxPoolSize = 16,
  }: { serverSelectionTimeoutMs?: number; socketTimeoutMs?: number; maxPoolSize?: number } = {},
): Mongo {
  const client = new MongoClient(settings.mongodbUri, {
    appName: 'event-pipeline',
    serverSelectionTimeoutMS: serverSelectionTimeoutMs,
    connectTimeoutMS: serverSelectionTimeoutMs,
    socketTimeoutMS: socketTimeoutMs,
    maxPoolSize,
    // By the names that an address has for them: the driver prefers those to `readConcern` and `writeConcern`.
    readPreference: 'primary',
    readConcernLevel: 'majority',
    w: 'majority',
    journal: true,
  });
  forgetFailedConnections(client);
  const db = client.db(settings.mongodbDatabase);
  return {
    client,
    db,
    events: () => db.collection(settings.mongodbCollection),
    close: () => client.close(),
  };
}

/**
 * The driver connects by itself at first use, but when that fails it keeps the closed topology and answers
 * "Topology is closed" for ever, also once the server is there. Without it the next use connects anew.
 */
function forgetFailedConnections(client: MongoClient): void {
  client.on('topologyClosed', () => {
    (client as { topology?: unknown }).topology = undefined;
  });
}
