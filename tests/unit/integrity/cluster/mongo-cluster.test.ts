import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import {
  addressOf,
  findPrograms,
  planServers,
  type Server,
} from '../../../integrity/cluster/mongo-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'mongo-cluster-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ports = [1, 2, 3, 4, 5, 6];
const servers = planServers(ports, {
  programs: { mongod: '/m/mongod', mongos: '/m/mongos' },
  folder: '/data',
});

interface Service {
  command: string[];
  environment: Record<string, string>;
}

/** The small clusters' services, with what variables default to. */
const read = (file: string) => {
  const text = readFileSync(join('infra/compose', file), 'utf8').replace(/\$\{\w+:-([^}]*)\}/g, '$1');
  return (parse(text, { merge: true }) as { services: Record<string, Service> }).services;
};
const composed = { ...read('second-shard.yml'), ...read('docker-compose.yml') };

const without = (args: readonly string[], name: string) => {
  const at = args.indexOf(name);
  return args.filter((_, i) => at < 0 || i < at || i > at + 1);
};

const members = servers.filter(({ set }) => set !== undefined);

test.each(members.map(({ part: { name }, ...rest }) => [name, rest] as const))(
  '%s is started as compose starts it',
  (name, { set }) => {
    const { command } = (servers.find(({ part }) => part.name === name) as Server).part;
    const own = ['--dbpath', '--port', '--bind_ip'].reduce(without, command.slice(1));
    expect([...own].sort()).toEqual([...(composed[name]?.command ?? [])].sort());
    expect(composed[name]?.environment.REPLICA_SET).toBe(set);
    expect(command).toEqual(expect.arrayContaining(['--dbpath', `/data/${name}`, '--bind_ip', '127.0.0.1']));
  },
);

test('mongos is started with the configuration servers, as compose starts it', () => {
  const [mongos] = servers.filter(({ set }) => set === undefined) as [Server];
  const [config] = servers as [Server];
  const [flag, ...rest] = composed.mongos?.command ?? [];
  expect(flag).toBe('--mongos');
  const here = (text: string) => text.replace('mongo-config-1:27017', addressOf(config));
  expect(mongos.part.command.slice(0, 3)).toEqual(['/m/mongos', ...rest.map(here)]);
});

test('each server has a port of its own', () => {
  expect(servers.map(({ port }) => port)).toEqual(ports);
  for (const { part, port } of servers) {
    expect(part.command[part.command.indexOf('--port') + 1]).toBe(String(port));
  }
});

test('the scripts are those of compose, and take what they are given', () => {
  const source = readFileSync('tests/integrity/cluster/mongo-cluster.ts', 'utf8');
  const scripts = [...source.matchAll(/'(init-[\w-]+\.js)'/g)].map(([, name]) => name as string);
  expect(scripts).toEqual(['init-replica-set.js', 'init-cluster.js']);
  for (const script of scripts) expect(existsSync(join('infra/compose/mongo', script))).toBe(true);
});

test('what is missing is named', () => {
  const env = { PATH: folder };
  const settings = { mongodBinary: undefined, dataDir: folder };
  expect(findPrograms(settings, env)).toMatch(/^no mongod on this machine/);
  writeFileSync(join(folder, 'mongod'), '', { mode: 0o755 });
  expect(findPrograms(settings, env)).toBe(`no mongos beside ${join(folder, 'mongod')} or on PATH`);
  writeFileSync(join(folder, 'mongos'), '', { mode: 0o755 });
  const found = findPrograms(settings, env);
  if (typeof found === 'string') expect(found).toMatch(/^no mongosh/);
  else expect(found).toEqual({ mongod: join(folder, 'mongod'), mongos: join(folder, 'mongos') });
});
