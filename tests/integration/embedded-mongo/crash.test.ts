import { cpSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MongoBulkWriteError, MongoClient } from 'mongodb';
import { type OwnServer, ownServer } from './server.ts';

interface Doc {
  _id: string;
  user_id: number;
  batch: number;
  text: string;
}

const kills = 6;
const perBatch = 300;
const users = 20;

const batch = (writer: number, n: number): Doc[] =>
  Array.from({ length: perBatch }, (_, i) => ({
    _id: `${writer}-${n}-${i}`,
    user_id: i % users,
    batch: n,
    text: 'x'.repeat(300),
  }));

describe('killed while it writes', () => {
  let server: OwnServer;
  /** Ids whose insert was acknowledged. */
  const acknowledged = new Set<string>();

  beforeAll(async () => {
    server = await ownServer();
    await server.start();
  }, 180_000);

  afterAll(() => server?.remove());

  /** Inserts batch after batch until told to end; a batch without an answer is sent again, as a sink would. */
  async function write(writer: number, ended: () => boolean): Promise<void> {
    const client = new MongoClient(server.uri, { serverSelectionTimeoutMS: 500, retryWrites: false });
    const docs = client.db('events').collection<Doc>('raw_events');
    for (let n = 0; !ended(); n++) {
      const documents = batch(writer, n);
      for (;;) {
        try {
          await docs.insertMany(documents, { ordered: false });
          break;
        } catch (error) {
          // A connection that broke is a MongoBulkWriteError too, without any write error.
          const errors = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
          const known = errors.length > 0 && errors.every(({ code }) => code === 11000);
          if (known) break;
          if (ended()) {
            await client.close();
            return;
          }
          await delay(20);
        }
      }
      for (const { _id } of documents) acknowledged.add(_id);
    }
    await client.close();
  }

  /** Every document once, whole, and in every index. */
  async function verify(uri: string): Promise<Set<string>> {
    const client = await MongoClient.connect(uri);
    try {
      const docs = client.db('events').collection<Doc>('raw_events');
      const ids = new Set<string>();
      let read = 0;
      for await (const doc of docs.find()) {
        read++;
        ids.add(doc._id);
        expect(doc.text).toHaveLength(300);
      }
      expect(ids.size).toBe(read);
      expect(await docs.estimatedDocumentCount()).toBe(read);
      expect(await docs.countDocuments({ user_id: { $gte: 0 } })).toBe(read);
      expect(await docs.countDocuments({ batch: { $gte: 0 } })).toBe(read);
      return ids;
    } finally {
      await client.close();
    }
  }

  test(`${kills} kills lose nothing acknowledged and double nothing`, async () => {
    const client = await MongoClient.connect(server.uri);
    const docs = client.db('events').collection<Doc>('raw_events');
    await docs.createIndex({ user_id: 1, batch: -1 });
    await docs.createIndex({ batch: 1 });
    await client.close();
    let ended = false;
    const writers = [0, 1].map((writer) => write(writer, () => ended));
    for (let kill = 0; kill < kills; kill++) {
      const before = acknowledged.size;
      while (acknowledged.size < before + 2 * perBatch) await delay(5);
      // Somewhere within a batch: between its arrival, its log record, its answer.
      await delay((kill * 37) % 50);
      await server.kill();
      await server.start();
    }
    ended = true;
    await Promise.all(writers);
    const ids = await verify(server.uri);
    const lost = [...acknowledged].filter((id) => !ids.has(id));
    expect(lost.length).toBe(0);
    expect(acknowledged.size).toBeGreaterThan(kills * perBatch);
  }, 180_000);

  test('a log that is torn anywhere opens, with every batch whole or absent', async () => {
    await server.kill();
    const store = ['data', 'mongodb', 'store'];
    const log = readdirSync(join(server.dataDir, ...store))
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1) as string;
    const bytes = statSync(join(server.dataDir, ...store, log)).size;
    for (const cut of [1, 4099, Math.floor(bytes / 3)]) {
      const other = await ownServer();
      try {
        cpSync(join(server.dataDir, 'data'), join(other.dataDir, 'data'), { recursive: true });
        truncateSync(join(other.dataDir, ...store, log), Math.max(0, bytes - cut));
        await other.start();
        const ids = await verify(other.uri);
        const perStoredBatch = new Map<string, number>();
        for (const id of ids) {
          const key = id.slice(0, id.lastIndexOf('-'));
          perStoredBatch.set(key, (perStoredBatch.get(key) ?? 0) + 1);
        }
        expect([...perStoredBatch.values()].every((size) => size === perBatch)).toBe(true);
      } finally {
        await other.remove();
      }
    }
    await server.start();
  }, 180_000);
});
