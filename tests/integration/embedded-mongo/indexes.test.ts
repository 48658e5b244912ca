import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BSON, type Collection, Double, type Filter, Long, MongoClient, ObjectId, type Sort } from 'mongodb';
import { unique } from '../../support/names.ts';
import { type OwnServer, ownServer } from './server.ts';

const { EJSON } = BSON;

type Doc = Record<string, unknown>;

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 2, arbitrary: fc.constantFrom('a', 'b', 'ab', '', 'b\u0000', 'é') },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 5 }).map((n) => new Date(n * 1000)) },
  fc.constantFrom<unknown>(null, true, false, -1.5, 2.5, 1e300, Number.MAX_SAFE_INTEGER),
  fc.constantFrom<unknown>(new Double(3), Long.fromNumber(3), Long.MAX_VALUE, Long.MIN_VALUE, new Double(-0)),
  fc.constant<unknown>(new ObjectId('65f000000000000000000001')),
);
const operators = fc.oneof(
  value,
  fc.record({ $gte: value, $lt: value }),
  fc.record({ $gt: value }),
  fc.record({ $lte: value }),
  fc.array(value, { minLength: 1, maxLength: 4 }).map((values) => ({ $in: values })),
  fc.record({ $ne: value }),
);
const direction = fc.constantFrom(1 as const, -1 as const);
const condition = fc.dictionary(fc.constantFrom('a', 'b', 'c.d'), operators, { maxKeys: 3 });
const query = fc.record({
  filter: fc.oneof(
    { weight: 4, arbitrary: condition },
    fc.tuple(condition, condition).map(([one, other]) => ({ $or: [one, other] })),
    fc.tuple(condition, condition).map(([one, other]) => ({ $and: [one, other] })),
  ),
  sort: fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c.d'), direction), {
    selector: ([field]) => field,
  }),
  idDirection: direction,
  skip: fc.integer({ min: 0, max: 5 }),
  limit: fc.integer({ min: 0, max: 30 }),
});
/** Arrays in one field only: two of them in one index are refused. */
const documents = (withArrays: boolean) => {
  const a = withArrays ? fc.oneof({ weight: 9, arbitrary: value }, fc.array(value, { maxLength: 3 })) : value;
  return fc.array(
    fc.record({ a, b: value, c: fc.record({ d: value }, { requiredKeys: [] }) }, { requiredKeys: [] }),
    { minLength: 60, maxLength: 200 },
  );
};

describe('a query has one answer, whatever index leads to it', () => {
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

  async function pair(docs: Doc[]): Promise<{ scanned: Collection<Doc>; indexed: Collection<Doc> }> {
    const db = client.db(unique('db'));
    const scanned = db.collection<Doc>('scanned');
    const indexed = db.collection<Doc>('indexed');
    const numbered = docs.map((doc, i) => ({ _id: i as never, ...doc }));
    // Half before and half after the indexes are made: both are to be in them.
    const half = numbered.length >> 1;
    await scanned.insertMany(numbered);
    await indexed.insertMany(numbered.slice(0, half));
    await indexed.createIndex({ a: 1, b: -1 });
    await indexed.createIndex({ b: 1 });
    await indexed.createIndex({ 'c.d': -1, a: 1 }, { sparse: true });
    await indexed.insertMany(numbered.slice(half));
    return { scanned, indexed };
  }

  const ask = (collection: Collection<Doc>, q: typeof query extends fc.Arbitrary<infer Q> ? Q : never) =>
    collection
      .find(q.filter as Filter<Doc>)
      .sort([...q.sort, ['_id', q.idDirection]] as Sort)
      .skip(q.skip)
      .limit(q.limit)
      .toArray();

  test.each([
    ['no array', false],
    ['arrays among their values', true],
  ])(
    'random queries over random documents with %s',
    async (_, arrays) => {
      for (const docs of fc.sample(documents(arrays), { numRuns: 3, seed: 7 })) {
        const { scanned, indexed } = await pair(docs);
        // Natural order makes the reference read every document, and sort by itself.
        await fc.assert(
          fc.asyncProperty(query, async (q) => {
            expect(await ask(indexed, q)).toEqual(await ask(scanned, q));
            const filter = q.filter as Filter<Doc>;
            expect(await indexed.countDocuments(filter)).toBe((await scanned.find(filter).toArray()).length);
          }),
          { numRuns: 100, seed: 11 },
        );
      }
    },
    60_000,
  );

  /** Fields that one index has, and others. */
  const groupings = [
    { _id: { a: '$a', b: '$b' }, n: { $sum: 1 } },
    { _id: '$c.d', n: { $sum: 1 }, all: { $push: '$a' } },
    { _id: '$a', n: { $sum: 1 }, sum: { $sum: '$c.d' } },
    { _id: '$c', n: { $sum: 1 } },
  ];
  const projections = [
    { _id: 0, a: 1, b: 1 },
    { _id: 0, 'c.d': 1 },
    { _id: 1, b: 1 },
  ];
  /** With their types, in an order of their own. */
  const asText = (docs: unknown[]) => docs.map((doc) => EJSON.stringify(doc, { relaxed: false })).sort();

  test.each([
    ['no array', false],
    ['arrays among their values', true],
  ])(
    'what an index alone can tell is told as the documents have it, types included, with %s',
    async (_, arrays) => {
      for (const docs of fc.sample(documents(arrays), { numRuns: 3, seed: 5 })) {
        const { scanned, indexed } = await pair(docs);
        await fc.assert(
          fc.asyncProperty(
            condition,
            fc.constantFrom(...groupings),
            fc.constantFrom(...projections),
            async (filter, $group, projection) => {
              const grouped = (collection: Collection<Doc>) =>
                collection.aggregate([{ $match: filter }, { $sort: { a: 1, b: -1, _id: 1 } }, { $group }], {
                  promoteValues: false,
                });
              expect(asText(await grouped(indexed).toArray())).toEqual(
                asText(await grouped(scanned).toArray()),
              );
              const shown = (collection: Collection<Doc>) =>
                collection.find(filter as Filter<Doc>, { projection, promoteValues: false });
              expect(asText(await shown(indexed).toArray())).toEqual(asText(await shown(scanned).toArray()));
            },
          ),
          { numRuns: 100, seed: 13 },
        );
      }
    },
    60_000,
  );

  const whole = fc.oneof(
    fc.integer({ min: -3, max: 6 }),
    fc.constantFrom<unknown>(Long.fromNumber(3), 2 ** 31 - 1, Long.fromNumber(2 ** 40)),
  );
  const moment = fc.integer({ min: 0, max: 9 }).map((n) => new Date(n * 1000));
  const others = fc.constantFrom<unknown>('a', null, true, 2.5, new Double(3));
  const numbers = (number: fc.Arbitrary<unknown>) =>
    fc.array(fc.record({ a: number, b: number, c: fc.record({ d: fc.oneof(moment, number) }) }), {
      minLength: 60,
      maxLength: 200,
    });
  /** What is computed from an index alone as long as it is whole; some divide by zero. */
  const wholeSums = [
    {
      _id: { $subtract: [{ $toLong: '$c.d' }, { $mod: [{ $toLong: '$c.d' }, 2000] }] },
      n: { $sum: 1 },
      a: { $sum: { $subtract: ['$a', 5] } },
    },
    { _id: { $mod: ['$a', '$b'] }, n: { $sum: 1 } },
    { _id: '$a', n: { $sum: 2 } },
  ];
  /** What passes the bounds of a long depends on the order, as soon as other numbers are among them. */
  const largeSums = [
    { _id: '$a', b: { $sum: { $subtract: [Long.MIN_VALUE, '$b'] } } },
    { _id: 7, b: { $sum: '$b' }, none: { $sum: '$c.d' } },
  ];

  test.each([
    ['whole numbers and times', numbers(whole), [...wholeSums, ...largeSums]],
    ['other values among them', numbers(fc.oneof({ weight: 20, arbitrary: whole }, others)), wholeSums],
  ])('sums by a number are the same from an index as from documents, of %s', async (_, docsOf, sums) => {
    for (const docs of fc.sample(docsOf, { numRuns: 3, seed: 3 })) {
      const { scanned, indexed } = await pair(docs);
      for (const filter of [
        { a: { $gte: 0 } },
        { a: 3 },
        { 'c.d': { $gte: 0 } },
        { 'c.d': { $gt: new Date(0) } },
      ]) {
        for (const $group of sums) {
          // Whatever it comes to, an error included.
          const outcome = (collection: Collection<Doc>) =>
            collection
              .aggregate([{ $match: filter }, { $group }])
              .toArray()
              .then(
                (rows) => rows.map((row) => EJSON.stringify(row)).sort(),
                ({ code }) => ({ code }),
              );
          const told = { filter, $group };
          expect({ ...told, is: await outcome(indexed) }).toEqual({ ...told, is: await outcome(scanned) });
        }
      }
    }
  });

  test('a sum is an int as long as ints were summed and it fits, else a long', async () => {
    const { indexed } = await pair([
      { a: 1, b: 2 ** 31 - 1 },
      { a: 1, b: 1 },
      { a: 2, b: Long.fromNumber(1) },
      { a: 3, b: 4 },
    ]);
    const groups = await indexed
      .aggregate(
        [
          { $match: { a: { $gte: 0 } } },
          { $group: { _id: { $mod: ['$a', Long.fromNumber(10)] }, b: { $sum: '$b' }, n: { $sum: 1 } } },
        ],
        { promoteValues: false },
      )
      .toArray();
    expect(asText(groups)).toEqual(
      asText([
        { _id: Long.fromNumber(1), b: Long.fromNumber(2 ** 31), n: 2 },
        { _id: Long.fromNumber(2), b: Long.fromNumber(1), n: 1 },
        { _id: Long.fromNumber(3), b: 4, n: 1 },
      ]),
    );
  });

  test('an update and a removal change every index', async () => {
    const { indexed } = await pair(
      Array.from({ length: 100 }, (_, i) => ({ a: i % 10, b: i % 4, c: { d: i } })),
    );
    await indexed.updateMany({ a: 3 }, { $set: { a: 'moved' }, $unset: { c: 1 } });
    await indexed.deleteMany({ a: 4 });
    expect(await indexed.find({ a: 3 }).toArray()).toEqual([]);
    expect(await indexed.countDocuments({ a: 'moved' })).toBe(10);
    expect(await indexed.countDocuments({ b: { $gte: 0 } })).toBe(90);
    expect(await indexed.countDocuments({ 'c.d': { $gte: 0 } })).toBe(80);
  });
});
