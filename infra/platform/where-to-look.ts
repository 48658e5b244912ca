import { join } from 'node:path';
import type { Settings } from '../../shared/config/index.ts';
import { secretsFolder } from '../compose/secrets.ts';
import { passwordFile } from '../gateway/password.ts';

/** The last lines of `make up` and `make demo`: addresses that work as they are. */
export function whereToLook(settings: Settings): string {
  const { gatewayUrl, gatewayUser } = settings;
  const containers = settings.engines === 'compose';
  const password = containers
    ? join(secretsFolder(settings.dataDir), 'gateway-password')
    : settings.gatewayPassword === undefined
      ? passwordFile(settings)
      : 'GATEWAY_PASSWORD';
  return [
    `  console   ${gatewayUrl}/ui/   user ${gatewayUser}, password in ${password}`,
    `  metrics   ${gatewayUrl}/metrics`,
    `  send      curl ${gatewayUrl}/function/ingest -d '{"event_type":"page_view","user_id":12345}'`,
    `  ask       curl '${gatewayUrl}/function/query/top-events'`,
    `  ask       make sql Q='SELECT count() FROM events_distributed'`,
    ...(containers
      ? [
          `  graphs    http://127.0.0.1:${settings.grafanaPort}   user admin, password in grafana-password beside it`,
        ]
      : []),
    '  look      make status, make logs',
    '  stop      make down',
  ].join('\n');
}
