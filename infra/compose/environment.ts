import type { Settings } from '../../shared/config/index.ts';
import { clickhouseHostPort } from './addresses.ts';

/**
 * The variables of docker-compose.yml: sizes from small.env or full.env, ports and names from the settings.
 *
 * @param sizes the text of that file.
 * @returns the text of an env file.
 */
export function composeEnvironment({
  settings,
  sizes,
  secretsFolder,
  clusterId,
}: {
  settings: Settings;
  sizes: string;
  secretsFolder: string;
  clusterId: string;
}): string {
  const { kafkaPort, clickhousePort } = settings;
  const own: Record<string, string | number> = {
    SECRETS_DIR: secretsFolder,
    KAFKA_CLUSTER_ID: clusterId,
    LOG_LEVEL: settings.logLevel,
    EVENTS_DLQ_TOPIC: settings.dlqTopic,
    MONGODB_DATABASE: settings.mongodbDatabase,
    MONGODB_PORT: settings.mongodbPort,
    GATEWAY_PORT: settings.gatewayPort,
    CONNECTOR_PORT: settings.connectorPort,
    AUTOSCALER_PORT: settings.autoscalerPort,
    CLAIMS_PORT: settings.claimsPort,
    PROMETHEUS_PORT: settings.prometheusPort,
    GRAFANA_PORT: settings.grafanaPort,
  };
  for (const node of [1, 2, 3]) own[`KAFKA_PORT_${node}`] = kafkaPort + node - 1;
  for (const shard of [1, 2, 3]) {
    for (const replica of [1, 2]) {
      own[`CLICKHOUSE_PORT_${shard}_${replica}`] = clickhouseHostPort(clickhousePort, shard, replica);
    }
  }
  const lines = Object.entries(own).map(([name, value]) => `${name}=${value}`);
  return `${sizes.trimEnd()}\n${lines.join('\n')}\n`;
}
