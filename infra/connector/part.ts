import type { Settings } from '../../shared/config/index.ts';
import { ownPart } from '../platform/own-part.ts';
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
export const connectorPart = (settings: Settings): Part =>
  ownPart(settings, {
    name: 'connector',
    main: 'infra/connector/main.ts',
    port: 'connectorPort',
    passedOn,
    // A fixed name: a connector that was killed gets its partitions back without waiting for its session to end.
    env: { CONNECTOR_INSTANCE_ID: settings.connectorInstanceId ?? 'connector-1' },
    after: ['gateway'],
    stopTimeoutMs: 25_000,
    detailOf: async (answer, address) => {
      const { problems } = (await answer.json()) as { problems: string[] };
      return answer.ok ? address : problems.join('; ');
    },
  });
