import { hostname } from 'node:os';
import { createGatewayClient } from '../../shared/clients/gateway/index.ts';
import { createCluster } from '../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../shared/clients/kafka-protocol/security.ts';
import { readSettings } from '../../shared/config/index.ts';
import { createLogger } from '../../shared/log/index.ts';
import { collectProcessMetrics } from '../../shared/metrics/index.ts';
import { createTracer } from '../../shared/trace/index.ts';
import { createFunctionCaller } from './call/function-caller.ts';
import { createConnector } from './connector.ts';
import { serveHealth } from './http.ts';
import { defaultStart, withVendorNames } from './vendor-names.ts';

/** Starts the connector, and on SIGTERM finishes what is in flight, acknowledges it and leaves the groups. */
const settings = readSettings(withVendorNames(process.env));
const log = createLogger('connector');
const name = settings.connectorInstanceId ?? hostname();
collectProcessMetrics();

// From the first moment on: a stop that comes while starting must not end us in the middle of it.
const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
});

const connector = createConnector({
  cluster: createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: `connector-${name}`,
    connectionOptions: securityOptions(settings),
  }),
  caller: createFunctionCaller({
    gatewayUrl: settings.gatewayUrl,
    connectorName: name,
    timeoutMs: settings.upstreamTimeoutMs,
    tracer: createTracer({
      endpoint: settings.otlpEndpoint,
      serviceName: 'connector',
      sampleRatio: settings.traceSampleRatio,
    }),
  }),
  gateway: createGatewayClient({
    url: settings.gatewayUrl,
    user: settings.gatewayUser,
    ...(settings.gatewayPassword !== undefined && { password: settings.gatewayPassword }),
  }),
  log,
  deadLetterTopic: settings.dlqTopic,
  start: defaultStart(process.env),
  rebuildIntervalMs: settings.rebuildIntervalMs,
  upstreamTimeoutMs: settings.upstreamTimeoutMs,
  instanceId: settings.connectorInstanceId,
  sessionTimeoutMs: settings.connectorSessionTimeoutMs,
  onFenced: () => {
    log.fatal('this connector ends because another one runs with its CONNECTOR_INSTANCE_ID');
    process.exit(70);
  },
});
const server = await serveHealth({
  port: settings.connectorPort,
  bindAddress: settings.bindAddress,
  health: () => connector.health(),
});
log.info(
  { port: server.port, kafka: settings.kafkaBootstrapServers, gateway: settings.gatewayUrl },
  'connector is up',
);

await stopped;
log.info('connector stops');
await connector.close();
await server.close();
process.exit(0);
