import { once } from 'node:events';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type Document, MongoClient } from 'mongodb';
import { findMongod } from '../../../infra/embedded/mongo/mongod.ts';
import { mongoPart } from '../../../infra/embedded/mongo/part.ts';
import { eventually } from '../../support/eventually.ts';
import { logEntries } from '../../support/log-entries.ts';
import { type OwnServer, ownServer } from './server.ts';

const opened: { remove(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.remove();
});

async function server(overrides?: Parameters<typeof ownServer>[0]): Promise<OwnServer> {
  const own = await ownServer(overrides);
  opened.push(own);
  return own;
}

test('not started is not ready; stopped in order, it has everything at its next start', async () => {
  const own = await server();
  expect(await own.part.health()).toMatchObject({ ok: false });
  await own.start();
  const client = await MongoClient.connect(own.uri);
  await client
    .db('events')
    .collection<Document>('raw_events')
    .insertMany([{ a: 1 }, { a: 2 }]);
  await client.close();
  await own.stop();
  expect(await own.part.health()).toMatchObject({ ok: false });
  await own.start();
  expect(await own.part.health()).toMatchObject({ ok: true });
  const again = await MongoClient.connect(own.uri);
  expect(await again.db('events').collection('raw_events').countDocuments()).toBe(2);
  await again.close();
}, 120_000);

test('a taken port ends it, and says so in its log', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  opened.push({ remove: async () => void holder.close() });
  const own = await server({ mongodbPort: (holder.address() as { port: number }).port });
  await expect(own.start()).rejects.toMatchObject({ code: 'NOT_READY' });
  expect(logEntries(own.logFile)).toMatchObject([
    { level: 'error', part: 'mongodb', msg: expect.stringContaining('cannot start on 127.0.0.1:') },
  ]);
}, 120_000);

test('what has expired is removed', async () => {
  const own = await server();
  await own.start();
  const client = await MongoClient.connect(own.uri);
  const events = client.db('events').collection<Document>('raw_events');
  await events.createIndex({ timestamp: 1 }, { expireAfterSeconds: 60 });
  await events.insertMany([
    { timestamp: new Date(Date.now() - 120_000) },
    { timestamp: new Date() },
    { other: 1 },
  ]);
  await eventually(async () => expect(await events.countDocuments()).toBe(2), { timeoutMs: 30_000 });
  await client.close();
}, 120_000);

test('a real mongod is preferred, and a wrong MONGOD_BINARY is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mongod-'));
  const program = join(folder, 'mongod');
  writeFileSync(program, '#!/bin/sh\n');
  expect(() => findMongod({ mongodBinary: program })).toThrow(/MONGOD_BINARY: .* is not a program/);
  chmodSync(program, 0o755);
  expect(findMongod({ mongodBinary: undefined }, { PATH: `/nowhere:${folder}` })).toBe(program);
  expect(findMongod({ mongodBinary: undefined }, { PATH: '/nowhere' })).toBeUndefined();
  const part = mongoPart({
    dataDir: folder,
    bindAddress: '127.0.0.1',
    mongodbPort: 1,
    mongodBinary: program,
  });
  expect(part.command).toEqual(expect.arrayContaining([program, '--replSet', '--bind_ip', '127.0.0.1']));
});
