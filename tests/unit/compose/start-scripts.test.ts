import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, test } from '@jest/globals';
import { brokerProperties } from '../../../infra/embedded/kafka/properties.ts';

const folder = mkdtempSync(join(tmpdir(), 'start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(path: string, text: string) {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

const entries = (text: string) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => /^[\w.]+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

test('a broker in a container has the settings of an embedded one of three, and a listener for the host', () => {
  program(join(folder, 'kafka/bin/kafka-storage.sh'), '#!/bin/bash\necho "$@" > "$DATA.format"\n');
  program(join(folder, 'kafka/bin/kafka-server-start.sh'), '#!/bin/bash\ncat "$1"\n');
  const data = join(folder, 'data');
  const said = execFileSync('bash', ['infra/compose/kafka/start.sh'], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      KAFKA_HOME: join(folder, 'kafka'),
      COMMON_PROPERTIES: resolve('infra/kafka/server.properties'),
      DATA: data,
      NODE_ID: '2',
      CLUSTER_ID: 'abcdefghijklmnopqrstuv',
      EXTERNAL_PORT: '9093',
    },
  });
  expect(readFileSync(`${data}.format`, 'utf8')).toMatch(
    /^format --ignore-formatted --cluster-id abcdefghijklmnopqrstuv --config \S+\n$/,
  );
  const brokers = [1, 2, 3].map((node) => ({
    node,
    host: `kafka-${node}`,
    port: 19_092,
    controllerPort: 29_093,
  }));
  expect(entries(said)).toEqual({
    ...entries(brokerProperties({ node: 2, brokers, logFolder: data })),
    listeners: 'INTERNAL://0.0.0.0:19092,EXTERNAL://0.0.0.0:9092,CONTROLLER://0.0.0.0:29093',
    'advertised.listeners': 'INTERNAL://kafka-2:19092,EXTERNAL://127.0.0.1:9093',
    'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
  });
});

/** Runs a script as mongosh does, with servers that are made up. */
function runScript(name: string, globals: Record<string, unknown>, env: Record<string, string>): string[] {
  const printed: string[] = [];
  const real = createRequire(import.meta.url);
  runInNewContext(readFileSync(join('infra/compose/mongo', name), 'utf8'), {
    process: { env },
    print: (line: string) => printed.push(line),
    sleep: () => {},
    require: (module: string) =>
      module === 'node:fs'
        ? { readFileSync: (path: string) => `${path.split('/').at(-1)}!\n` }
        : real(module),
    ...globals,
  });
  return printed;
}

describe('a replica set', () => {
  function server(hello: object[]) {
    const commands: unknown[] = [];
    const db = {
      hello: () => (hello.length > 1 ? hello.shift() : hello[0]),
      adminCommand: (command: unknown) => {
        commands.push(command);
        return { ok: 1 };
      },
    };
    return { db, commands };
  }

  test('is made of its members, and waited for', () => {
    const { db, commands } = server([{}, { setName: 'config' }, { setName: 'config', primary: 'a:1' }]);
    runScript('init-replica-set.js', { db }, { REPLICA_SET: 'config', MEMBERS: 'a:1,b:1' });
    expect(commands).toEqual([
      {
        replSetInitiate: {
          _id: 'config',
          configsvr: true,
          members: [
            { _id: 0, host: 'a:1' },
            { _id: 1, host: 'b:1' },
          ],
        },
      },
    ]);
  });

  test('that there is stays', () => {
    const { db, commands } = server([{ setName: 'shard-1', primary: 'a:1' }]);
    runScript('init-replica-set.js', { db }, { REPLICA_SET: 'shard-1', MEMBERS: 'a:1' });
    expect(commands).toEqual([]);
  });
});

describe('a sharded cluster', () => {
  const env = { SHARDS: 'shard-1/a:1,b:1;shard-2/c:1', DATABASE: 'events' };

  function cluster({ users = {}, shards = [] }: { users?: Record<string, object>; shards?: string[] } = {}) {
    let authenticated = false;
    const admin = {
      createUser: ({ user, ...rest }: { user: string }) => {
        if (Object.keys(users).length > 0 && !authenticated) {
          throw Object.assign(new Error('requires authentication'), { codeName: 'Unauthorized' });
        }
        users[user] = rest;
      },
      auth: (user: string, password: string) => {
        authenticated = (users[user] as { pwd?: string } | undefined)?.pwd === password;
        return authenticated;
      },
      getUser: (user: string) => users[user] ?? null,
      updateUser: (user: string, rest: object) => {
        users[user] = rest;
      },
      runCommand: (command: { addShard?: string; name?: string }) => {
        if (!authenticated) throw new Error('not authenticated');
        if (command.name !== undefined) shards.push(command.name);
        return { ok: 1, shards: shards.map((_id) => ({ _id })) };
      },
    };
    return { db: { getSiblingDB: () => admin }, users, shards };
  }

  test('gets its shards, an administrator, and a user who has the events and nothing else', () => {
    const { db, users, shards } = cluster();
    runScript('init-cluster.js', { db }, env);
    expect(shards).toEqual(['shard-1', 'shard-2']);
    expect(users).toEqual({
      root: { pwd: 'mongodb-root-password!', roles: ['root'] },
      pipeline: { pwd: 'mongodb-pipeline-password!', roles: [{ role: 'readWrite', db: 'events' }] },
    });
  });

  test('a second run changes nothing but a password that was replaced', () => {
    const { db, users, shards } = cluster({
      shards: ['shard-1', 'shard-2'],
      users: { root: { pwd: 'mongodb-root-password!' }, pipeline: { pwd: 'old' } },
    });
    expect(runScript('init-cluster.js', { db }, env)).toEqual([]);
    expect(shards).toEqual(['shard-1', 'shard-2']);
    expect(users.pipeline).toMatchObject({ pwd: 'mongodb-pipeline-password!' });
  });

  test('another administrator’s password is said, and nothing is changed', () => {
    const { db, shards } = cluster({ users: { root: { pwd: 'other' } } });
    expect(() => runScript('init-cluster.js', { db }, env)).toThrow(/user root: the password/);
    expect(shards).toEqual([]);
  });
});
