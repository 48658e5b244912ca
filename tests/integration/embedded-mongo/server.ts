import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mongoPart } from '../../../infra/embedded/mongo/part.ts';
import type { MongoSettings } from '../../../infra/embedded/mongo/settings.ts';
import type { Part } from '../../../infra/platform/part.ts';
import { type PartProcess, startProcess, waitUntilReady } from '../../../infra/platform/process.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { freePort } from '../../support/ports.ts';

/** A stand-in of the suite's own, with its own data, that can be killed and started again. */
export interface OwnServer {
  readonly uri: string;
  readonly part: Part;
  readonly dataDir: string;
  readonly logFile: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Not started yet. The jars are those of the checkout. */
export async function ownServer(overrides: Partial<MongoSettings> = {}): Promise<OwnServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'stand-in-'));
  const downloads = resolve(readSettings(process.env).dataDir, 'downloads');
  mkdirSync(downloads, { recursive: true });
  symlinkSync(downloads, join(dataDir, 'downloads'));
  const settings = {
    dataDir,
    bindAddress: '127.0.0.1',
    mongodbPort: await freePort(),
    mongodBinary: undefined,
  };
  const part = mongoPart({ ...settings, ...overrides });
  const logFile = join(dataDir, 'logs', 'mongodb.log');
  let running: PartProcess | undefined;
  const server: OwnServer = {
    uri: `mongodb://${settings.bindAddress}:${settings.mongodbPort}`,
    part,
    dataDir,
    logFile,
    start: async () => {
      running = await startProcess(part, { logFile });
      await waitUntilReady(part, { process: running });
    },
    kill: async () => {
      running?.kill('SIGKILL');
      await running?.exited;
    },
    stop: async () => {
      await running?.stop();
    },
    remove: async () => {
      await running?.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return server;
}
