import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kafkaParts } from '../../../infra/embedded/kafka/part.ts';
import { type PartProcess, startProcess, waitUntilReady } from '../../../infra/platform/process.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { freePorts } from '../../support/ports.ts';

/** A broker of the test's own, which it may kill. */
export interface OwnBroker {
  bootstrapServers: string;
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function ownBroker(): Promise<OwnBroker> {
  const dataDir = mkdtempSync(join(tmpdir(), 'own-broker-'));
  const downloads = resolve(readSettings(process.env).dataDir, 'downloads');
  mkdirSync(downloads, { recursive: true });
  symlinkSync(downloads, join(dataDir, 'downloads'));
  const [port, controllerPort] = (await freePorts(2)).map(String);
  const settings = readSettings({
    DATA_DIR: dataDir,
    KAFKA_PORT: port,
    KAFKA_CONTROLLER_PORT: controllerPort,
  });
  const [part] = kafkaParts(settings);
  if (part === undefined) throw new Error('no broker');
  let process_: PartProcess | undefined;
  const killOnExit = () => process_?.kill('SIGKILL');
  process.once('exit', killOnExit);
  return {
    bootstrapServers: settings.kafkaBootstrapServers,
    async start() {
      process_ = await startProcess(part, { logFile: join(dataDir, 'kafka.log') });
      await waitUntilReady(part, { process: process_, timeoutMs: 150_000 });
    },
    async kill() {
      process_?.kill('SIGKILL');
      await process_?.exited;
    },
    async close() {
      process.off('exit', killOnExit);
      process_?.kill('SIGKILL');
      await process_?.exited;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
