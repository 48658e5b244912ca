import { createServer } from 'node:http';
import { type Listening, listening } from '../../shared/http/listening.ts';
import { registry } from '../../shared/metrics/index.ts';
import type { ConnectorHealth } from './connector.ts';

/** Serves `/metrics` (Prometheus text) and `/healthz` (200 when live, 503 with the reasons when not). */
export async function serveHealth({
  port,
  bindAddress,
  health,
}: {
  port: number;
  bindAddress: string;
  health: () => ConnectorHealth;
}): Promise<Listening> {
  const server = createServer(async (request, response) => {
    if (request.url === '/metrics') {
      response.setHeader('content-type', registry.contentType);
      response.end(await registry.metrics());
    } else if (request.url === '/healthz') {
      const state = health();
      response.statusCode = state.ok ? 200 : 503;
      response.setHeader('content-type', 'application/json');
      response.end(`${JSON.stringify(state)}\n`);
    } else {
      response.statusCode = 404;
      response.end('not found: /healthz and /metrics are here\n');
    }
  });
  return listening(server, { port, bindAddress });
}
