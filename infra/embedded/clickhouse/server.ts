import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Logger } from '../../../shared/log/index.ts';
import { registry } from '../../../shared/metrics/index.ts';
import { engineConfigFile } from './config-file.ts';
import { identifier } from './engine/connection.ts';
import { type Connections, openConnections } from './engine/connections.ts';
import { loadEngine } from './engine/native.ts';
import { createPipes } from './engine/pipes.ts';
import { createQueryHandler } from './http/query-handler.ts';
import { createRunning } from './http/running.ts';
import { createSessions } from './http/sessions.ts';
import type { User } from './http/users.ts';
import { createMetrics, engineGauges } from './metrics.ts';

export interface ServerOptions {
  /** Everything of the server: `engine` (the tables), pipes, configuration. */
  folder: string;
  host: string;
  /** 0: any free one. */
  port: number;
  /** Made at start; where requests land that name none. */
  database: string;
  cluster: string;
  users: readonly User[];
  maxMemoryBytes: number;
  maxQueries: number;
  maxInsertBytes: number;
  fsync: boolean;
  log: Logger;
}

export interface RunningServer {
  readonly port: number;
  /** Lets running requests end, cancels those that take too long, then closes the engine. */
  close(): Promise<void>;
}

/** Milliseconds that running statements have to end when the server closes; then they are cancelled. */
const closePatienceMs = 10_000;

/** Bytes of a result that are held back before an answer begins. */
const resultBufferBytes = 1 << 20;

/** The engine's own folder, with the tables. */
export const engineFolder = (folder: string): string => join(folder, 'engine');

/** Opens the engine and listens. The token logs must have been repaired before. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { folder, log } = options;
  const dataFolder = engineFolder(folder);
  await mkdir(dataFolder, { recursive: true });
  const configFile = join(folder, 'config.xml');
  await writeFile(configFile, engineConfigFile({ ...options, backupsFolder: join(folder, 'backups') }));
  const connections = await openConnections({
    engine: loadEngine(),
    dataFolder,
    args: [`--config-file=${configFile}`],
    defaults: {
      // No single query may take what the others need.
      max_memory_usage: String(Math.floor(options.maxMemoryBytes * 0.75)),
      // The engine's own 1 GiB would leave every query of so small a server one thread; this gives it a second one
      // while half of the memory is free.
      max_threads_min_free_memory_per_thread: String(Math.floor(options.maxMemoryBytes / 4)),
      // Counts by type need no hash table: rows are in the order of their types.
      optimize_aggregation_in_order: '1',
    },
  });
  await connections.own(`CREATE DATABASE IF NOT EXISTS ${identifier(options.database)}`);

  const running = createRunning({ max: options.maxQueries });
  const sessions = createSessions({
    discard: (connection) => connections.release(connection, { keep: false }),
  });
  const query = createQueryHandler({
    connections,
    pipes: await createPipes({ folder: join(folder, 'pipes'), count: options.maxQueries }),
    running,
    sessions,
    users: options.users,
    metrics: createMetrics({ running: () => running.count, engine: () => engineNumbers(connections) }),
    defaultDatabase: options.database,
    maxBodyBytes: options.maxInsertBytes,
    resultBufferBytes,
  });
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 30_000 }, (request, response) => {
    route({ request, response, query, connections }).catch((error) => {
      log.error({ err: error }, 'request failed');
      response.destroy();
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: async () => {
      const patience = setTimeout(() => {
        log.warn({ queries: running.count }, 'cancelling what still runs');
        for (const connection of running.connections()) void connections.cancel(connection);
      }, closePatienceMs);
      await closeServer(server);
      clearTimeout(patience);
      sessions.close();
      connections.close();
    },
  };
}

async function route({
  request,
  response,
  query,
  connections,
}: {
  request: IncomingMessage;
  response: ServerResponse;
  query: ReturnType<typeof createQueryHandler>;
  connections: Connections;
}): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://clickhouse');
  response.setHeader('X-ClickHouse-Server-Display-Name', 'embedded');
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (reads && (url.pathname === '/ping' || url.pathname === '/replicas_status'))
    return plain(response, 200, 'Ok.\n');
  if (reads && url.pathname === '/health') return health(response, connections);
  if (reads && url.pathname === '/metrics') {
    response.setHeader('Content-Type', registry.contentType);
    response.end(await registry.metrics());
    return;
  }
  if (url.pathname !== '/' && url.pathname !== '/query') {
    return plain(
      response,
      404,
      `There is no handle ${url.pathname}\n\nUse / or /ping for health checks.\n` +
        'Send queries from your program with POST method or GET /?query=...\n',
    );
  }
  if (reads && !url.searchParams.has('query')) return plain(response, 200, 'Ok.\n');
  if (!reads && request.method !== 'POST' && request.method !== 'PUT') {
    return plain(response, 501, `Method ${request.method} is not supported; use GET or POST\n`);
  }
  await query(request, response, url);
}

async function health(response: ServerResponse, connections: Connections): Promise<void> {
  try {
    await connections.own('SELECT count() FROM system.tables WHERE database = currentDatabase()');
    plain(response, 200, `Ok. ClickHouse ${connections.version}\n`);
  } catch (error) {
    plain(response, 503, `${messageOf(error)}\n`);
  }
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.end(text);
}

async function engineNumbers(connections: Connections): Promise<Record<string, number>> {
  const answer = await connections.own(
    `SELECT metric, value FROM system.metrics WHERE metric IN (${engineGauges.map(({ metric }) => `'${metric}'`).join(', ')})`,
  );
  return Object.fromEntries(
    answer
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([name, value]) => [name, Number(value)]),
  );
}

/** Waits for the answers under way; connections that clients merely keep open are closed. */
async function closeServer(server: Server): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(idle);
}
