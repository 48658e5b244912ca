import { pino } from 'pino';
import { createFunctionCaller } from '../../../../infra/connector/call/function-caller.ts';
import { type Connector, createConnector } from '../../../../infra/connector/connector.ts';
import { createGatewayClient } from '../../../../shared/clients/gateway/index.ts';
import { type Cluster, createCluster } from '../../../../shared/clients/kafka-protocol/cluster.ts';
import type { Logger } from '../../../../shared/log/index.ts';

/** A connector in this process, with times that suit a test. `CONNECTOR_TEST_LOG=debug` shows its log. */
export function startConnector(options: {
  bootstrapServers: string;
  gatewayUrl: string;
  gatewayPassword?: string;
  deadLetterTopic: string;
  instanceId?: string;
  timeoutMs?: number;
  rebuildIntervalMs?: number;
  /** Puts something between connector and cluster. */
  around?: (cluster: Cluster) => Cluster;
  log?: Logger;
}): Connector {
  const name = options.instanceId ?? 'test';
  return createConnector({
    cluster: (options.around ?? ((cluster) => cluster))(
      createCluster({ bootstrapServers: options.bootstrapServers, clientId: name }),
    ),
    caller: createFunctionCaller({
      gatewayUrl: options.gatewayUrl,
      connectorName: name,
      timeoutMs: options.timeoutMs ?? 5000,
    }),
    gateway: createGatewayClient({
      url: options.gatewayUrl,
      user: 'admin',
      ...(options.gatewayPassword !== undefined && { password: options.gatewayPassword }),
    }),
    log: options.log ?? pino({ level: process.env.CONNECTOR_TEST_LOG ?? 'silent', base: { name } }),
    deadLetterTopic: options.deadLetterTopic,
    rebuildIntervalMs: options.rebuildIntervalMs ?? 200,
    upstreamTimeoutMs: options.timeoutMs ?? 5000,
    instanceId: options.instanceId,
    sessionTimeoutMs: 6000,
    onFenced: () => {},
  });
}
