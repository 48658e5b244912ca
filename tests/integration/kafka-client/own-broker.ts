import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kafkaParts } from '../../../infra/embedded/kafka/part.ts';
import { type PartProcess, startProcess, waitUntilReady } from '../../../infra/platform/process.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { freePorts } from '../../support/ports.ts';

/** Brokers of the test's own, which it may kill. */
export interface OwnBroker {
  bootstrapServers: string;
  /** All that do not run. */
  start(): Promise<void>;
  /** kill -9 of the first one. */
  kill(): Promise<void>;
  /** Of the broker at this place, from 0. */
  signal(place: number, signal: NodeJS.Signals): void;
  close(): Promise<void>;
}

/** @param properties lines for the brokers' own settings. */
export async function ownBroker({
  brokers = 1,
  properties = [],
}: {
  brokers?: 1 | 3;
  properties?: string[];
} = {}): Promise<OwnBroker> {
  const dataDir = mkdtempSync(join(tmpdir(), 'own-broker-'));
  const downloads = resolve(readSettings(process.env).dataDir, 'downloads');
  mkdirSync(downloads, { recursive: true });
  symlinkSync(downloads, join(dataDir, 'downloads'));
  const ports = await freePorts(2 * brokers, { consecutive: true });
  const settings = readSettings({
    DATA_DIR: dataDir,
    KAFKA_BROKERS: String(brokers),
    KAFKA_PORT: String(ports[0]),
    KAFKA_CONTROLLER_PORT: String(ports[brokers]),
  });
  const parts = kafkaParts(settings);
  const running = new Map<number, PartProcess>();
  const signalAll = (signal: NodeJS.Signals) => {
    for (const each of running.values()) each.kill(signal);
  };
  const killOnExit = () => signalAll('SIGKILL');
  process.once('exit', killOnExit);
  return {
    bootstrapServers: settings.kafkaBootstrapServers,
    async start() {
      await Promise.all(
        parts.map(async (part, place) => {
          if (running.has(place)) return;
          const prepare = async () => {
            await part.prepare?.();
            appendFileSync(join(dataDir, 'data', `${part.name}.properties`), `${properties.join('\n')}\n`);
          };
          const logFile = join(dataDir, `${part.name}.log`);
          const started = await startProcess({ ...part, prepare }, { logFile });
          running.set(place, started);
          await waitUntilReady(part, { process: started, timeoutMs: 150_000 });
        }),
      );
    },
    async kill() {
      running.get(0)?.kill('SIGKILL');
      await running.get(0)?.exited;
      running.delete(0);
    },
    signal: (place, signal) => running.get(place)?.kill(signal),
    async close() {
      process.off('exit', killOnExit);
      signalAll('SIGKILL');
      await Promise.all([...running.values()].map(({ exited }) => exited));
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
