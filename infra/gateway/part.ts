import { resolve } from 'node:path';
import type { Settings } from '../../shared/config/index.ts';
import { definitions } from '../../shared/config/index.ts';
import { messageOf } from '../../shared/errors/index.ts';
import type { Part } from '../platform/part.ts';

/** The settings that the gateway itself reads; functions get theirs from stack.yml. */
const passedOn = [
  'dataDir',
  'bindAddress',
  'logLevel',
  'gatewayPort',
  'gatewayUser',
  'gatewayPassword',
  'functionsDir',
  'gatewayUpstreamTimeoutMs',
  'gatewayMaxBodyBytes',
  'functionStopTimeoutMs',
  'maxReplicas',
  'kafkaBootstrapServers',
  'kafkaTls',
  'kafkaTlsCaFile',
  'kafkaSaslMechanism',
  'kafkaUsername',
  'kafkaPassword',
  'asyncTopic',
  'dlqTopic',
] as const satisfies (keyof Settings)[];

/**
 * The local gateway as a part of the platform.
 *
 * @param metricsTargets `part=URL,…` of the parts whose metrics /metrics is to carry; default: the setting.
 */
export function gatewayPart(settings: Settings, { metricsTargets = settings.metricsTargets } = {}): Part {
  const env: Record<string, string> = { LOG_FORMAT: 'json' };
  for (const key of passedOn) {
    const value = settings[key];
    if (value !== undefined) env[definitions[key].env] = String(value);
  }
  env.DATA_DIR = resolve(settings.dataDir);
  if (metricsTargets !== undefined) env.METRICS_TARGETS = metricsTargets;
  const address = `http://${settings.bindAddress}:${settings.gatewayPort}`;
  return {
    name: 'gateway',
    command: [process.execPath, 'infra/gateway/index.ts'],
    cwd: resolve(import.meta.dirname, '../..'),
    env,
    ports: [{ port: settings.gatewayPort, setting: 'GATEWAY_PORT' }],
    after: [],
    stopTimeoutMs: settings.functionStopTimeoutMs + 5000,
    health: async () => {
      try {
        const answer = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(1500) });
        return { ok: answer.ok, detail: answer.ok ? address : `/healthz answers ${answer.status}` };
      } catch (error) {
        return { ok: false, detail: `${address} does not answer: ${messageOf(error)}` };
      }
    },
  };
}
