import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createStore, openStore, type Store } from '../../../infra/claims/store.ts';
import { type Claim, type Place, placeOf } from '../../../shared/clients/claims/entry.ts';
import { decodeRequest, encodeRequest } from '../../../shared/clients/claims/request.ts';

const root = mkdtempSync(join(tmpdir(), 'claims-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
const newFolder = () => join(root, String(folders++));
/** Tables of 16 places hold 12 claims: a hundred claims go through many tables and more than one filter. */
const size = 16;
const nothing = async () => {};

const idOf = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

/** Claims as they reach the store: through the request's bytes. Answers who holds the ids that are another's. */
async function ask(store: Store, claims: readonly Claim[]): Promise<Map<number, Place>> {
  const request = decodeRequest(encodeRequest(claims));
  if (request === undefined) throw new Error('the request cannot be read');
  const held = await store.claim(request);
  return new Map(held.map(({ index, holder }) => [index, placeOf(holder, 0, store.topics)]));
}

const claim = (id: number, place: Partial<Claim> = {}): Claim => ({
  eventId: idOf(id),
  topicId: 'topic',
  partition: 0,
  offset: id,
  recordMs: 1_764_000_000_000,
  ...place,
});

const anyClaim = fc.record({
  eventId: fc.oneof(fc.nat(60).map(idOf), fc.uuid()),
  topicId: fc.constantFrom('topic', 'made anew', 'häßlich/name'),
  partition: fc.constantFrom(0, 1, 65_536, 2 ** 31 - 1),
  offset: fc.constantFrom(0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
  recordMs: fc.integer({ min: 946_684_800_000, max: 4_102_444_800_000 }),
});
const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.array(anyClaim, { minLength: 1, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constant('reopen' as const) },
);

test('whoever came first has the id, in any batches, asked again in any others, opened again in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
      const folder = newFolder();
      const holders = new Map<string, Claim>();
      let store = await createStore(folder, nothing, { size });
      const seen: Claim[] = [];
      const check = async (batch: readonly Claim[]) => {
        const expected = new Map<number, Place>();
        for (const [index, one] of batch.entries()) {
          const holder = holders.get(one.eventId) ?? one;
          holders.set(one.eventId, holder);
          const { topicId, partition, offset } = holder;
          if (topicId !== one.topicId || partition !== one.partition || offset !== one.offset) {
            expected.set(index, { topicId, partition, offset });
          }
        }
        expect(await ask(store, batch)).toEqual(expected);
      };
      for (const step of steps) {
        if (step === 'reopen') {
          await store.close();
          store = (await openStore(folder)) as Store;
        } else {
          await check(step);
          seen.push(...step);
        }
      }
      for (let i = 0; i < seen.length; i += 7) await check(seen.slice(i, i + 7));
      await store.close();
    }),
    { numRuns: 30 },
  );
}, 120_000);

/** 400 claims: ten in each table, so one whole group of 32 tables, and another. */
async function fill(folder: string): Promise<Store> {
  const store = await createStore(folder, nothing, { size });
  for (let id = 0; id < 400; id += 10) {
    await ask(
      store,
      Array.from({ length: 10 }, (_, i) => claim(id + i, { recordMs: (id + i + 1) * 1000 })),
    );
  }
  return store;
}

async function expectAll(store: Store, from = 0): Promise<void> {
  for (let id = from; id < 400; id++) {
    expect(await ask(store, [claim(id)])).toEqual(new Map());
    expect([...(await ask(store, [claim(id, { partition: 1 })])).values()]).toEqual([
      { topicId: 'topic', partition: 0, offset: id },
    ]);
  }
}

test('a torn entry at the end of the log is cut off, the whole ones before it count', async () => {
  const folder = newFolder();
  await (await fill(folder)).close();
  const log = readdirSync(folder).find((name) => name.endsWith('.log')) as string;
  appendFileSync(join(folder, log), Buffer.alloc(31, 7));
  let store = (await openStore(folder)) as Store;
  await expectAll(store);
  await ask(store, [claim(400)]);
  await store.close();
  store = (await openStore(folder)) as Store;
  expect((await ask(store, [claim(400, { partition: 1 })])).size).toBe(1);
  await store.close();
});

test('killed between the renaming of a table and the end of its log: the log goes', async () => {
  const folder = newFolder();
  const store = await createStore(folder, nothing, { size });
  await ask(
    store,
    Array.from({ length: 12 }, (_, id) => claim(id)),
  );
  const log = readFileSync(join(folder, '0.log'));
  for (let id = 12; id < 400; id += 4)
    await ask(
      store,
      [0, 1, 2, 3].map((i) => claim(id + i)),
    );
  await store.close();
  appendFileSync(join(folder, '0.log'), log);
  const again = (await openStore(folder)) as Store;
  expect(readdirSync(folder)).not.toContain('0.log');
  await expectAll(again);
  await again.close();
});

test('filters that are not there are made anew; what was written aside goes', async () => {
  const folder = newFolder();
  await (await fill(folder)).close();
  const filters = readdirSync(folder).filter((name) => name.endsWith('.filter'));
  expect(filters).toHaveLength(1);
  for (const name of filters) unlinkSync(join(folder, name));
  appendFileSync(join(folder, '99.5.table.new'), 'half');
  const store = (await openStore(folder)) as Store;
  expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
  await expectAll(store);
  await store.close();
});

test('old tables go whole: what is newer stays, what is gone can be claimed again', async () => {
  const folder = newFolder();
  let store = await fill(folder);
  expect(store.newest()).toBe(400);
  expect(store.dropOlderThan(1)).toBe(0);
  // Batches of ten: a table of twelve places takes one, so each table has ten claims.
  expect(store.dropOlderThan(201)).toBe(20);
  await expectAll(store, 200);
  expect(await ask(store, [claim(7, { partition: 3 })])).toEqual(new Map());
  await store.close();
  store = (await openStore(folder)) as Store;
  await expectAll(store, 200);
  expect((await ask(store, [claim(7)])).get(0)).toMatchObject({ partition: 3 });
  await store.close();
});

test('a folder that is empty, or was not filled to the end, holds nothing', async () => {
  const folder = newFolder();
  expect(await openStore(folder)).toBeUndefined();
  const broken = createStore(folder, async (store) => {
    await ask(store, [claim(1)]);
    throw new Error('Kafka is away');
  });
  await expect(broken).rejects.toThrow('Kafka is away');
  expect(await openStore(folder)).toBeUndefined();
  const store = await createStore(folder, async (empty) => {
    expect(await ask(empty, [claim(1, { partition: 5 })])).toEqual(new Map());
  });
  expect((await ask(store, [claim(1)])).get(0)).toMatchObject({ partition: 5 });
  await store.close();
});

test('a body that is no batch of claims is told apart', () => {
  const body = encodeRequest([claim(1)]);
  expect(decodeRequest(body)?.topics).toEqual(['topic']);
  for (const bad of [Buffer.alloc(0), body.subarray(0, 3), body.subarray(0, -1), Buffer.alloc(36, 0xff)]) {
    expect(decodeRequest(bad)).toBeUndefined();
  }
});
