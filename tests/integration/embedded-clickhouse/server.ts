import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clickhousePart } from '../../../infra/embedded/clickhouse/part.ts';
import type { Part } from '../../../infra/platform/part.ts';
import { type PartProcess, startProcess, waitUntilReady } from '../../../infra/platform/process.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { freePort } from '../../support/ports.ts';

/** An embedded server of a suite's own: free port, temporary folder. */
export interface TestServer {
  readonly url: string;
  readonly part: Part;
  /** The engine's own folder. */
  readonly engineFolder: string;
  readonly logFile: string;
  readonly pid: number;
  /** Ends it by SIGKILL when it still runs, and starts it again on the same data. */
  restart(): Promise<void>;
  /** Starts it again after it was stopped; `main` is another program than the part's own. */
  start(options?: { main?: string }): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when the process has ended. */
  ended(): Promise<void>;
  /** Runs a statement by POST and answers its body. @throws on any other status than 200. */
  sql(statement: string | Buffer, parameters?: Record<string, string>): Promise<string>;
  /** Stops it and removes its folder. */
  dispose(): Promise<void>;
}

/** Starts one; `env` are further settings. */
export async function startTestServer({
  env = {},
  wrapper = [],
}: {
  env?: Record<string, string>;
  /** A program that runs the server's, such as strace, with its arguments. */
  wrapper?: readonly string[];
} = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'embedded-clickhouse-'));
  const settings = readSettings({ DATA_DIR: dataDir, CLICKHOUSE_PORT: String(await freePort()), ...env });
  const original = clickhousePart(settings);
  const part = { ...original, command: [...wrapper, ...original.command] };
  const logFile = join(dataDir, 'clickhouse.log');
  let running: PartProcess | undefined;
  const server: TestServer = {
    url: settings.clickhouseUrl,
    part,
    logFile,
    engineFolder: join(dataDir, 'data', 'clickhouse', 'engine'),
    get pid() {
      return (running as PartProcess).pid;
    },
    start: async ({ main } = {}) => {
      const command = main === undefined ? part.command : [process.execPath, main];
      running = await startProcess({ ...part, command }, { logFile });
      await waitUntilReady(part, { process: running });
    },
    restart: async () => {
      running?.kill('SIGKILL');
      await running?.exited;
      await server.start();
    },
    stop: async () => running?.stop(),
    ended: async () => {
      await running?.exited;
    },
    sql: async (statement, parameters = {}) => {
      const response = await fetch(`${settings.clickhouseUrl}/?${new URLSearchParams(parameters)}`, {
        method: 'POST',
        body: typeof statement === 'string' ? statement : new Uint8Array(statement),
      });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
      return text;
    },
    dispose: async () => {
      await running?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}
