import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Settings } from '../../../shared/config/index.ts';
import type { Part } from '../../platform/part.ts';
import { openCluster } from './cluster.ts';
import { kafkaJarsFolder } from './download.ts';
import { formatStorage } from './format.ts';
import { brokerHealth } from './health.ts';
import { kafkaCommand } from './java.ts';
import { type BrokerAddress, brokerProperties } from './properties.ts';

/** The settings that the embedded brokers follow. */
export type KafkaSettings = Pick<
  Settings,
  'dataDir' | 'bindAddress' | 'kafkaBrokers' | 'kafkaPort' | 'kafkaControllerPort'
>;

const flags = [
  '-server',
  '-Xms96m',
  '-Xmx320m',
  // One collector thread, no remembered sets: with a heap this small its pauses stay in single milliseconds.
  '-XX:+UseSerialGC',
  '-XX:ReservedCodeCacheSize=64m',
  '-Xss512k',
  '-XX:MaxDirectMemorySize=128m',
  '-XX:-UsePerfData',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.awt.headless=true',
  '-Dfile.encoding=UTF-8',
];

/**
 * The embedded brokers, each both broker and controller. With three, start them together: none is ready
 * before two are up.
 */
export function kafkaParts(settings: KafkaSettings): Part[] {
  const dataFolder = resolve(settings.dataDir, 'data');
  const jarsFolder = kafkaJarsFolder(settings);
  const brokers = Array.from(
    { length: settings.kafkaBrokers },
    (_, i): BrokerAddress => ({
      node: i + 1,
      host: settings.bindAddress,
      port: settings.kafkaPort + i,
      controllerPort: settings.kafkaControllerPort + i,
    }),
  );
  return brokers.map(({ node, host, port, controllerPort }): Part => {
    const folder = join(dataFolder, `kafka-${node}`);
    const file = join(dataFolder, `kafka-${node}.properties`);
    const properties = (logFolder: string) => brokerProperties({ node, brokers, logFolder });
    return {
      name: `kafka-${node}`,
      command: kafkaCommand({
        jarsFolder,
        flags: [...flags, `-Dpart=kafka-${node}`],
        main: ['kafka.Kafka', file],
      }),
      // glibc keeps an arena per thread otherwise: a hundred megabytes that nobody uses.
      env: { MALLOC_ARENA_MAX: '2' },
      ports: [
        { port, setting: 'KAFKA_PORT' },
        { port: controllerPort, setting: 'KAFKA_CONTROLLER_PORT' },
      ],
      prepare: async () => {
        const { clusterId } = await openCluster({ dataFolder, brokers: brokers.length });
        await mkdir(dataFolder, { recursive: true });
        await writeFile(file, properties(folder));
        await formatStorage({ folder, clusterId, properties, jarsFolder });
      },
      health: () => brokerHealth({ host, port, node }),
      stopTimeoutMs: 30_000,
      after: [],
    };
  });
}
