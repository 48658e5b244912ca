import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Part } from '../../infra/platform/part.ts';
import { startProcess, waitUntilReady } from '../../infra/platform/process.ts';
import { readSettings, type Settings } from '../../shared/config/index.ts';
import { freePorts } from './ports.ts';
import { running } from './running-engines.ts';

/**
 * Jest's global set-up of the suites that need engines: starts those whose address is not given, once a run,
 * on free ports and in a temporary folder. `TEST_ENGINES=kafka,mongodb` starts fewer.
 */
export default async function startEngines(): Promise<void> {
  const wanted = (process.env.TEST_ENGINES ?? 'kafka,mongodb,clickhouse').split(',');
  const missing = engines.filter(({ name, variable }) => wanted.includes(name) && !process.env[variable]);
  if (missing.length === 0) return;
  const settings = await temporarySettings();
  process.once('exit', () => {
    for (const process of running.processes) process.kill('SIGKILL');
  });
  await Promise.all(
    missing.map(async (engine) => {
      try {
        await start(engine, settings);
        process.env[engine.variable] = engine.address(settings);
      } catch (error) {
        // Suites that do without this engine still run; engines() tells the others why.
        process.env[`${engine.variable}_ERROR`] = (error as Error).message;
      }
    }),
  );
}

async function start(engine: Engine, settings: Settings): Promise<void> {
  for (const part of await engine.parts(settings)) {
    const logFile = join(settings.dataDir, 'logs', `${part.name}.log`);
    const process = await startProcess(part, { logFile });
    running.processes.unshift(process);
    await waitUntilReady(part, { process });
  }
}

type Engine = {
  name: string;
  variable: string;
  parts(settings: Settings): Promise<readonly Part[]>;
  address(settings: Settings): string;
};

const engines: readonly Engine[] = [
  {
    name: 'kafka',
    variable: 'TEST_KAFKA',
    parts: async (settings) => (await import('../../infra/embedded/kafka/part.ts')).kafkaParts(settings),
    address: (settings) => settings.kafkaBootstrapServers,
  },
  {
    name: 'mongodb',
    variable: 'TEST_MONGODB',
    parts: async (settings) => [(await import('../../infra/embedded/mongo/part.ts')).mongoPart(settings)],
    address: (settings) => settings.mongodbUri,
  },
  {
    name: 'clickhouse',
    variable: 'TEST_CLICKHOUSE',
    parts: async (settings) => [
      (await import('../../infra/embedded/clickhouse/part.ts')).clickhousePart(settings),
    ],
    address: (settings) => settings.clickhouseUrl,
  },
];

/** Settings of a platform of its own: temporary state, free ports, the downloads of the checkout. */
async function temporarySettings(): Promise<Settings> {
  const dataDir = mkdtempSync(join(tmpdir(), 'event-pipeline-test-'));
  running.dataDir = dataDir;
  const downloads = resolve(readSettings(process.env).dataDir, 'downloads');
  mkdirSync(downloads, { recursive: true });
  symlinkSync(downloads, join(dataDir, 'downloads'));
  const [kafka, controller, mongodb, clickhouse] = (await freePorts(4)).map(String);
  return readSettings({
    DATA_DIR: dataDir,
    KAFKA_PORT: kafka,
    KAFKA_CONTROLLER_PORT: controller,
    MONGODB_PORT: mongodb,
    CLICKHOUSE_PORT: clickhouse,
    MONGOD_BINARY: process.env.MONGOD_BINARY,
  });
}
