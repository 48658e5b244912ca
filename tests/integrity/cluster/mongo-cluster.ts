import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Document, MongoClient } from 'mongodb';
import { ensureSecrets, secretsFolder } from '../../../infra/compose/secrets.ts';
import { findMongod, findMongos } from '../../../infra/embedded/mongo/mongod.ts';
import { mongoShell, mongoShellFile } from '../../../infra/mongo/shell.ts';
import type { Part } from '../../../infra/platform/part.ts';
import { projectRoot } from '../../../infra/platform/paths.ts';
import { type PartProcess, startProcess } from '../../../infra/platform/process.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/ports.ts';

export interface Programs {
  mongod: string;
  mongos: string;
}

/** What a cluster of MongoDB's own servers is started with; else what is missing. */
export function findPrograms(
  settings: Pick<Settings, 'mongodBinary' | 'dataDir'>,
  env: NodeJS.ProcessEnv = process.env,
): Programs | string {
  const mongod = findMongod(settings, env);
  if (mongod === undefined) return 'no mongod on this machine (MONGOD_BINARY, PATH, `make mongod`)';
  const mongos = findMongos(mongod, env);
  if (mongos === undefined) return `no mongos beside ${mongod} or on PATH`;
  if (!existsSync(mongoShellFile)) return 'no mongosh: `make mongo` fetches it';
  return { mongod, mongos };
}

/** A server of the cluster, as `docker-compose.yml` has it, but without a key file: it is reached from this machine only. */
export interface Server {
  /** Of the replica set; none for mongos. */
  set: string | undefined;
  port: number;
  part: Part;
}

export const addressOf = ({ port }: Pick<Server, 'port'>): string => `127.0.0.1:${port}`;

/** A configuration server, a shard of three members and one of one, and mongos: six ports. */
export function planServers(
  ports: readonly number[],
  { programs: { mongod, mongos }, folder }: { programs: Programs; folder: string },
): Server[] {
  const server = (
    index: number,
    name: string,
    set: string | undefined,
    command: readonly string[],
  ): Server => {
    const port = ports[index] as number;
    const part: Part = {
      name,
      command: [...command, '--port', String(port), '--bind_ip', '127.0.0.1'],
      env: {},
      ports: [],
      prepare: async () => void mkdirSync(join(folder, name), { recursive: true }),
      health: async () => ({ ok: true, detail: '' }),
      after: [],
    };
    return { set, port, part };
  };
  const member = (index: number, name: string, set: string, role: string) => {
    const store = ['--dbpath', join(folder, name), '--wiredTigerCacheSizeGB', '0.25'];
    return server(index, name, set, [mongod, role, '--replSet', set, ...store]);
  };
  const config = member(0, 'mongo-config-1', 'config', '--configsvr');
  const shards = [1, 2, 3].map((i) => member(i, `mongo-shard-1-${i}`, 'shard-1', '--shardsvr'));
  return [
    config,
    ...shards,
    member(4, 'mongo-shard-2-1', 'shard-2', '--shardsvr'),
    server(5, 'mongos', undefined, [mongos, '--configdb', `config/${addressOf(config)}`]),
  ];
}

/** A sharded cluster of processes, made by the scripts of infra/compose. */
export interface MongoCluster {
  uri: string;
  /** The first shard's members. */
  members: readonly Server[];
  /** The member of the first shard that takes writes now. */
  primary(): Promise<Server>;
  /** Asks a member itself. */
  ask(member: Server, command: Document): Promise<Document>;
  /** kill -9, and started again after `downMs`; resolves when it is a member of its set again. */
  kill(member: Server, downMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Runs where there is a mongod and a mongos only. */
export async function startMongoCluster(programs: Programs, folder: string): Promise<MongoCluster> {
  const servers = planServers(await freePorts(6), { programs, folder });
  const running = new Map<Server, PartProcess>();
  const start = async (server: Server) => {
    const logFile = join(folder, `${server.part.name}.log`);
    running.set(server, await startProcess(server.part, { logFile }));
  };
  const close = async () => {
    // The routers first, as it is done by hand.
    for (const server of [...running.keys()].reverse()) await running.get(server)?.stop();
  };
  const of = (set: string | undefined) => servers.filter((server) => server.set === set);
  const list = (set: string) => of(set).map(addressOf).join(',');
  try {
    for (const server of servers) await start(server);
    for (const set of ['config', 'shard-1', 'shard-2']) {
      await runScript('init-replica-set.js', of(set)[0] as Server, { REPLICA_SET: set, MEMBERS: list(set) });
    }
    ensureSecrets(folder);
    const [mongos] = of(undefined) as [Server];
    await runScript('init-cluster.js', mongos, {
      SHARDS: ['shard-1', 'shard-2'].map((set) => `${set}/${list(set)}`).join(';'),
      DATABASE: 'events',
      SECRETS: secretsFolder(folder),
    });
    const members = of('shard-1');
    return {
      uri: `mongodb://${addressOf(mongos)}`,
      members,
      ask,
      primary: () =>
        eventually(async () => {
          for (const member of members) {
            const hello = await ask(member, { hello: 1 }).catch(() => undefined);
            if (hello?.isWritablePrimary) return member;
          }
          throw new Error('shard-1 has no primary');
        }),
      async kill(member, downMs) {
        const process = running.get(member);
        process?.kill('SIGKILL');
        await process?.exited;
        await new Promise((resolve) => setTimeout(resolve, downMs));
        await start(member);
        await eventually(
          async () => {
            const { isWritablePrimary, secondary } = await ask(member, { hello: 1 });
            if (!isWritablePrimary && !secondary)
              throw new Error(`${member.part.name} is not back in its set`);
          },
          { timeoutMs: 120_000 },
        );
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ask(member: Server, command: Document): Promise<Document> {
  const uri = `mongodb://${addressOf(member)}`;
  const client = new MongoClient(uri, { directConnection: true, serverSelectionTimeoutMS: 1000 });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}

/** As infra/compose/cluster.ts runs it in a container: again until the servers answer. */
async function runScript(name: string, server: Server, variables: Record<string, string>): Promise<void> {
  const file = resolve(projectRoot, 'infra/compose/mongo', name);
  const { program, args, env } = mongoShell(['--port', String(server.port), '--file', file]);
  await eventually(
    () => promisify(execFile)(program, args, { env: { ...process.env, ...env, ...variables } }),
    { timeoutMs: 180_000, intervalMs: 1000 },
  );
}
