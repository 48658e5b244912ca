import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type KafkaSettings, kafkaParts } from '../../../infra/embedded/kafka/part.ts';
import type { Part } from '../../../infra/platform/part.ts';
import { type PartProcess, startProcess, waitUntilReady } from '../../../infra/platform/process.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { freePorts } from '../../support/ports.ts';

/** Brokers of the suite's own, with their own data, that can be killed and started again. */
export interface OwnCluster {
  readonly bootstrap: string[];
  readonly parts: Part[];
  readonly settings: KafkaSettings;
  /** All of them, or those of the given places. */
  start(places?: readonly number[]): Promise<void>;
  kill(place: number): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Not started yet. The jars are those of the checkout. */
export async function ownCluster({ brokers = 1 }: { brokers?: 1 | 3 } = {}): Promise<OwnCluster> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kafka-'));
  const downloads = resolve(readSettings(process.env).dataDir, 'downloads');
  mkdirSync(downloads, { recursive: true });
  symlinkSync(downloads, join(dataDir, 'downloads'));
  const ports = await freePorts(2 * brokers, { consecutive: true });
  const [kafkaPort, kafkaControllerPort] = [ports[0], ports[brokers]] as [number, number];
  const settings = {
    dataDir,
    bindAddress: '127.0.0.1',
    kafkaBrokers: brokers,
    kafkaPort,
    kafkaControllerPort,
  };
  const parts = kafkaParts(settings);
  const running: (PartProcess | undefined)[] = [];
  const all = parts.map((_, place) => place);
  const stop = async () => {
    await Promise.all(running.map((process) => process?.stop()));
  };
  return {
    bootstrap: parts.map((_, place) => `127.0.0.1:${kafkaPort + place}`),
    parts,
    settings,
    start: async (places = all) => {
      await Promise.all(
        places.map(async (place) => {
          const part = parts[place] as Part;
          const process = await startProcess(part, { logFile: join(dataDir, 'logs', `${part.name}.log`) });
          running[place] = process;
          await waitUntilReady(part, { process });
        }),
      );
    },
    kill: async (place) => {
      running[place]?.kill('SIGKILL');
      await running[place]?.exited;
    },
    stop,
    remove: async () => {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
