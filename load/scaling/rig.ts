import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { autoscalerPart } from '../../infra/autoscaler/part.ts';
import { connectorPart } from '../../infra/connector/part.ts';
import { kafkaParts } from '../../infra/embedded/kafka/part.ts';
import { deploy } from '../../infra/gateway/deploy.ts';
import { gatewayPart } from '../../infra/gateway/part.ts';
import { ensureGatewayPassword } from '../../infra/gateway/password.ts';
import { downloadEngines } from '../../infra/platform/downloads.ts';
import { type PartProcess, startProcess, waitUntilReady } from '../../infra/platform/process.ts';
import { createGatewayClient } from '../../shared/clients/gateway/index.ts';
import { createKafka, makeTopics } from '../../shared/clients/kafka/index.ts';
import { readSettings } from '../../shared/config/index.ts';
import { createLogger } from '../../shared/log/index.ts';
import { freePorts } from '../../tests/support/ports.ts';

const root = resolve(import.meta.dirname, '../..');

/** A Kafka broker, gateway, connector and autoscaler of its own, with the slow function deployed. */
export async function startRig({ topic, partitions }: { topic: string; partitions: number }) {
  const dataDir = mkdtempSync(join(tmpdir(), 'event-pipeline-scaling-'));
  const downloads = resolve(root, '.pipeline', 'downloads');
  mkdirSync(downloads, { recursive: true });
  symlinkSync(downloads, join(dataDir, 'downloads'));
  const names = ['KAFKA_PORT', 'KAFKA_CONTROLLER_PORT', 'GATEWAY_PORT', 'CONNECTOR_PORT', 'AUTOSCALER_PORT'];
  const ports = await freePorts(names.length);
  const settings = readSettings({
    DATA_DIR: dataDir,
    FUNCTIONS_DIR: 'load/scaling/functions',
    ...Object.fromEntries(names.map((name, i) => [name, String(ports[i])])),
  });
  await downloadEngines(settings);
  const gatewayPassword = ensureGatewayPassword(settings);
  const complete = { ...settings, gatewayPassword };
  const running: PartProcess[] = [];
  const stop = async () => {
    for (const each of running.reverse()) await each.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const log = createLogger('scaling', { LOG_LEVEL: 'error' });
  try {
    const start = async (parts: ReturnType<typeof kafkaParts>) => {
      for (const part of parts) {
        const process = await startProcess(part, { logFile: join(dataDir, 'logs', `${part.name}.log`) });
        running.push(process);
        await waitUntilReady(part, { process });
      }
    };
    await start(kafkaParts(complete));
    const admin = createKafka({
      bootstrapServers: settings.kafkaBootstrapServers,
      clientId: 'scaling',
      log,
    }).admin();
    await admin.connect();
    await makeTopics(admin, [
      { topic, numPartitions: partitions },
      { topic: settings.dlqTopic, numPartitions: 1 },
    ]);
    await admin.disconnect();
    await start([gatewayPart(complete), connectorPart(complete), autoscalerPart(complete)]);
    await deploy({ settings: complete, stackFile: join(import.meta.dirname, 'stack.yml') });
  } catch (error) {
    await stop();
    throw error;
  }
  const gateway = createGatewayClient({
    url: settings.gatewayUrl,
    user: settings.gatewayUser,
    password: gatewayPassword,
  });
  return { settings: complete, gateway, log, stop };
}

export type Rig = Awaited<ReturnType<typeof startRig>>;
