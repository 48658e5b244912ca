import { resolve } from 'node:path';
import { definitions, type Settings } from '../../shared/config/index.ts';
import { messageOf } from '../../shared/errors/index.ts';
import type { Part } from '../platform/part.ts';

const passedOn = [
  'bindAddress',
  'logLevel',
  'otlpEndpoint',
  'traceSampleRatio',
  'kafkaBootstrapServers',
  'kafkaTls',
  'kafkaTlsCaFile',
  'kafkaSaslMechanism',
  'kafkaUsername',
  'kafkaPassword',
  'dlqTopic',
  'gatewayUrl',
  'gatewayUser',
  'gatewayPassword',
  'connectorPort',
  'connectorSessionTimeoutMs',
  'rebuildIntervalMs',
  'upstreamTimeoutMs',
] as const satisfies (keyof Settings)[];

/** The connector as a part of the platform. `settings.gatewayPassword` must be that of the gateway. */
export function connectorPart(settings: Settings): Part {
  // A fixed name: a connector that was killed gets its partitions back without waiting for its session to end.
  const env: Record<string, string> = {
    LOG_FORMAT: 'json',
    CONNECTOR_INSTANCE_ID: settings.connectorInstanceId ?? 'connector-1',
  };
  for (const key of passedOn) {
    const value = settings[key];
    if (value !== undefined) env[definitions[key].env] = String(value);
  }
  const address = `http://${settings.bindAddress}:${settings.connectorPort}`;
  return {
    name: 'connector',
    command: [process.execPath, 'infra/connector/main.ts'],
    cwd: resolve(import.meta.dirname, '../..'),
    env,
    ports: [{ port: settings.connectorPort, setting: 'CONNECTOR_PORT' }],
    after: ['gateway'],
    stopTimeoutMs: 25_000,
    health: async () => {
      try {
        const answer = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(1500) });
        const { problems } = (await answer.json()) as { problems: string[] };
        return { ok: answer.ok, detail: answer.ok ? address : problems.join('; ') };
      } catch (error) {
        return { ok: false, detail: `${address} does not answer: ${messageOf(error)}` };
      }
    },
  };
}
