import { MongoClient } from 'mongodb';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Health } from '../../platform/part.ts';

/**
 * Whether the server takes writes: it says that it is the primary (of a replica set, or alone) and answers a ping.
 * Never throws; answers within two seconds.
 */
export async function mongoHealth({ host, port }: { host: string; port: number }): Promise<Health> {
  const client = new MongoClient(`mongodb://${host}:${port}`, {
    directConnection: true,
    serverSelectionTimeoutMS: 1000,
    connectTimeoutMS: 800,
    socketTimeoutMS: 800,
  });
  try {
    const admin = client.db('admin');
    const hello = await admin.command({ hello: 1 }, { timeoutMS: 1500 });
    if (hello.isWritablePrimary !== true) {
      return { ok: false, detail: `${host}:${port}: not the primary yet` };
    }
    const { version } = await admin.command({ buildInfo: 1 }, { timeoutMS: 1500 });
    return {
      ok: true,
      detail: `${host}:${port}, ${hello.setName ? 'mongod' : 'stand-in for MongoDB'} ${version}`,
    };
  } catch (error) {
    return { ok: false, detail: `${host}:${port}: ${messageOf(error)}` };
  } finally {
    await client.close().catch(() => {});
  }
}
