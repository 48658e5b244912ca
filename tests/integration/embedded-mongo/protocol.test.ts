import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Collection, MongoBulkWriteError, MongoClient, MongoServerError } from 'mongodb';
import { unique } from '../../support/names.ts';
import { type OwnServer, ownServer } from './server.ts';

type Doc = { _id: string } & Record<string, unknown>;

describe('the MongoDB stand-in, asked by the official driver', () => {
  let server: OwnServer;
  let client: MongoClient;

  beforeAll(async () => {
    server = await ownServer();
    await server.start();
    client = await MongoClient.connect(server.uri);
  }, 120_000);

  afterAll(async () => {
    await client?.close();
    await server?.remove();
  });

  const fresh = (): Collection<Doc> => client.db(unique('db')).collection<Doc>('events');

  test('answers its health over HTTP on the same port', async () => {
    const answer = await fetch(server.uri.replace('mongodb', 'http'));
    expect(await answer.json()).toMatchObject({ ok: true });
  });

  test('keeps values with their types', async () => {
    const events = fresh();
    const document = {
      _id: 'a',
      number: 2 ** 53 - 1,
      small: 7,
      fraction: 0.1,
      text: 'ünï\u0000code 🙂',
      date: new Date(1700000000123),
      yes: true,
      nothing: null,
      nested: { list: [1, 'two', { three: 3 }], empty: {} },
    };
    await events.insertOne(document);
    expect(await events.findOne({ _id: 'a' })).toEqual(document);
  });

  test('an unordered insert names exactly the duplicates, keeps the rest, and counts it', async () => {
    const events = fresh();
    await events.insertMany([{ _id: '1' }, { _id: '3' }]);
    const error = await events
      .insertMany([{ _id: '0' }, { _id: '1' }, { _id: '2' }, { _id: '3' }, { _id: '2' }], { ordered: false })
      .catch((e) => e);
    expect(error).toBeInstanceOf(MongoBulkWriteError);
    const bulk = error as MongoBulkWriteError;
    expect(bulk.result.insertedCount).toBe(2);
    const errors = [bulk.writeErrors].flat();
    expect(errors.map(({ index, code }) => [index, code])).toEqual([
      [1, 11000],
      [3, 11000],
      [4, 11000],
    ]);
    // Drivers pass on no more than the text: by it one tells _id from another unique index.
    expect(errors[0]?.errmsg).toMatch(/ index: _id_ dup key: \{ _id: "1" \}$/);
    expect(await events.countDocuments()).toBe(4);
  });

  test('an ordered insert stops at the first duplicate', async () => {
    const events = fresh();
    const error = await events.insertMany([{ _id: 'a' }, { _id: 'a' }, { _id: 'b' }]).catch((e) => e);
    expect((error as MongoBulkWriteError).result.insertedCount).toBe(1);
    expect(await events.countDocuments()).toBe(1);
  });

  test('a unique index besides _id names itself', async () => {
    const events = fresh();
    await events.createIndex({ mail: 1 }, { unique: true });
    await events.insertOne({ _id: 'a', mail: 'x' });
    const error = await events.insertOne({ _id: 'b', mail: 'x' }).catch((e) => e);
    expect(error).toMatchObject({ code: 11000, keyPattern: { mail: 1 } });
    expect(await events.findOne({ _id: 'b' })).toBeNull();
  });

  test('a document that is refused takes no key from those after it', async () => {
    const events = fresh();
    await events.createIndex({ mail: 1 }, { unique: true });
    const error = await events
      .insertMany(
        [
          { _id: 'a', mail: 'x' },
          { _id: 'a', mail: 'y' },
          { _id: 'b', mail: 'y' },
          { _id: 'c', mail: 'x' },
        ],
        { ordered: false },
      )
      .catch((e) => e);
    const errors = [(error as MongoBulkWriteError).writeErrors].flat();
    expect(errors.map(({ index, code }) => [index, code])).toEqual([
      [1, 11000],
      [3, 11000],
    ]);
    expect(await events.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 'a', mail: 'x' },
      { _id: 'b', mail: 'y' },
    ]);
  });

  test('ten thousand documents in one call, read back through a cursor', async () => {
    const events = fresh();
    const documents = Array.from({ length: 10_000 }, (_, i) => ({ _id: `id-${i}`, i }));
    expect((await events.insertMany(documents, { ordered: false })).insertedCount).toBe(10_000);
    const read = await events.find().batchSize(777).toArray();
    expect(read.map(({ i }) => i)).toEqual(documents.map(({ i }) => i));
    expect(await events.estimatedDocumentCount()).toBe(10_000);
  });

  test('updates, upserts, replaces and removes', async () => {
    const events = client.db(unique('db')).collection<{ _id: string; n?: number; state: string }>('events');
    await events.createIndex({ state: 1 });
    await events.insertMany([1, 2, 3].map((n) => ({ _id: `${n}`, n, state: 'open' })));
    await events.updateOne({ _id: '1' }, { $set: { state: 'closed' }, $inc: { n: 10 } });
    expect(await events.find({ state: 'open' }).toArray()).toHaveLength(2);
    expect(await events.findOne({ state: 'closed' })).toEqual({ _id: '1', n: 11, state: 'closed' });
    expect(await events.updateMany({ state: 'open' }, { $set: { state: 'late' } })).toMatchObject({
      matchedCount: 2,
      modifiedCount: 2,
    });
    await events.updateOne({ _id: '9' }, { $set: { state: 'new' } }, { upsert: true });
    await events.replaceOne({ _id: '2' }, { n: 0, state: 'new' });
    expect(await events.countDocuments({ state: 'new' })).toBe(2);
    expect(
      await events.findOneAndUpdate({ _id: '3' }, { $set: { n: 5 } }, { returnDocument: 'after' }),
    ).toEqual({
      _id: '3',
      n: 5,
      state: 'late',
    });
    expect(await events.deleteMany({ state: 'new' })).toMatchObject({ deletedCount: 2 });
    expect(await events.countDocuments()).toBe(2);
    expect(await events.find({ state: 'new' }).toArray()).toEqual([]);
  });

  test('aggregates: match, group, sort, count', async () => {
    const events = fresh();
    await events.createIndex({ at: 1 });
    await events.insertMany(
      Array.from({ length: 300 }, (_, i) => ({
        _id: `${i}`,
        type: `t${i % 3}`,
        at: new Date(i * 1000),
        amount: i,
      })),
    );
    const rows = await events
      .aggregate([
        { $match: { at: { $gte: new Date(30_000), $lt: new Date(90_000) } } },
        { $group: { _id: '$type', n: { $sum: 1 }, amount: { $sum: '$amount' } } },
        { $sort: { _id: 1 } },
      ])
      .toArray();
    expect(rows).toEqual([
      { _id: 't0', n: 20, amount: 1170 },
      { _id: 't1', n: 20, amount: 1190 },
      { _id: 't2', n: 20, amount: 1210 },
    ]);
    expect(await events.countDocuments({ at: { $gte: new Date(30_000), $lt: new Date(90_000) } })).toBe(60);
    expect(await events.aggregate([{ $match: { type: 't1' } }, { $count: 'n' }]).toArray()).toEqual([
      { n: 100 },
    ]);
    expect(await events.distinct('type')).toEqual(['t0', 't1', 't2']);
  });

  test('indexes are listed, used, dropped, and not made twice', async () => {
    const events = fresh();
    await events.insertMany(
      Array.from({ length: 50 }, (_, i) => ({ _id: `${i}`, user_id: i % 5, timestamp: new Date(i) })),
    );
    await events.createIndex({ user_id: 1, timestamp: -1 });
    await events.createIndex({ user_id: 1, timestamp: -1 });
    await events.createIndex({ timestamp: 1 }, { expireAfterSeconds: 3600 * 24 * 365 * 100, name: 'ttl' });
    expect((await events.indexes()).map(({ name }) => name)).toEqual([
      '_id_',
      'user_id_1_timestamp_-1',
      'ttl',
    ]);
    const query = events.find({ user_id: 3 }).sort({ timestamp: -1 }).limit(4);
    expect((await query.clone().explain()).queryPlanner.winningPlan.inputStage).toMatchObject({
      stage: 'IXSCAN',
      indexName: 'user_id_1_timestamp_-1',
    });
    expect((await query.toArray()).map(({ _id }) => _id)).toEqual(['48', '43', '38', '33']);
    await events.dropIndex('user_id_1_timestamp_-1');
    expect((await query.clone().explain()).queryPlanner.winningPlan.inputStage?.indexName).not.toBe(
      'user_id_1_timestamp_-1',
    );
    expect((await query.clone().toArray()).map(({ _id }) => _id)).toEqual(['48', '43', '38', '33']);
    await expect(events.createIndex({ other: 1 }, { name: 'ttl' })).rejects.toBeInstanceOf(MongoServerError);
  });

  test('databases and collections come and go', async () => {
    const db = client.db(unique('db'));
    await db.createCollection('one');
    await db.collection<Doc>('two').insertOne({ _id: 'x' });
    expect((await db.listCollections({ name: 'two' }).toArray()).map(({ name }) => name)).toEqual(['two']);
    await db.collection('one').drop();
    expect(await db.listCollections({}, { nameOnly: true }).toArray()).toHaveLength(1);
    await db.collection('two').rename('three');
    expect(await db.collection<Doc>('three').findOne({ _id: 'x' })).toEqual({ _id: 'x' });
    await db.dropDatabase();
    const { databases } = await client.db().admin().listDatabases();
    expect(databases.map(({ name }) => name)).not.toContain(db.databaseName);
    expect(await db.collection('three').countDocuments()).toBe(0);
  });

  test('what it cannot do it says, with the connection still good', async () => {
    await expect(client.db('x').command({ transmogrify: 1 })).rejects.toMatchObject({ code: 59 });
    await expect(
      fresh()
        .find({ a: { $nonsense: 1 } })
        .toArray(),
    ).resolves.toEqual([]);
    expect(await client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
  });
});
