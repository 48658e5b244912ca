import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { createMongo } from '../../../shared/clients/mongo/index.ts';
import { engines } from '../../support/engines.ts';
import { unique } from '../../support/names.ts';
import { freePort } from '../../support/ports.ts';

test('a client that found no server works once there is one', async () => {
  const server = new URL(engines().mongodb);
  const port = await freePort();
  const mongo = createMongo(
    {
      mongodbUri: `mongodb://127.0.0.1:${port}`,
      mongodbDatabase: unique('late'),
      mongodbCollection: 'events',
    },
    { serverSelectionTimeoutMs: 500 },
  );
  await expect(mongo.events().insertOne({ n: 1 })).rejects.toThrow('ECONNREFUSED');

  const relay = createServer((client) => {
    const upstream = connect(Number(server.port), server.hostname);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  await once(relay.listen(port, '127.0.0.1'), 'listening');
  try {
    await mongo.events().insertOne({ n: 2 });
    expect(await mongo.events().countDocuments()).toBe(1);
  } finally {
    await mongo.db.dropDatabase();
    await mongo.close();
    relay.close();
  }
});
