import { resolve } from 'node:path';
import type { Settings } from '../../shared/config/index.ts';
import { ownPart } from '../platform/own-part.ts';
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
export const gatewayPart = (settings: Settings, { metricsTargets = settings.metricsTargets } = {}): Part =>
  ownPart(settings, {
    name: 'gateway',
    main: 'infra/gateway/index.ts',
    port: 'gatewayPort',
    passedOn,
    env: {
      DATA_DIR: resolve(settings.dataDir),
      ...(metricsTargets !== undefined && { METRICS_TARGETS: metricsTargets }),
    },
    after: [],
    stopTimeoutMs: settings.functionStopTimeoutMs + 5000,
    heldAt: settings.bindAddress,
    detailOf: (answer, address) => (answer.ok ? address : `/healthz answers ${answer.status}`),
  });
