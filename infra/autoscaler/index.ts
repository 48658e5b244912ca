import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createGatewayClient } from '../../shared/clients/gateway/index.ts';
import { readSettings } from '../../shared/config/index.ts';
import { createLogger } from '../../shared/log/index.ts';
import { collectProcessMetrics, registry } from '../../shared/metrics/index.ts';
import { createAutoscaler } from './autoscaler.ts';

/** Starts the autoscaler: a round every two seconds, health and metrics over HTTP, until SIGTERM. */
const INTERVAL_MS = 2000;
const settings = readSettings(process.env);
const log = createLogger('autoscaler');
collectProcessMetrics();

const autoscaler = createAutoscaler({
  gateway: createGatewayClient({
    url: settings.gatewayUrl,
    user: settings.gatewayUser,
    password: settings.gatewayPassword,
  }),
  readConnectors: async () => {
    const answers = await Promise.allSettled(
      settings.connectorUrls.split(',').map(async (url) => {
        const answer = await fetch(new URL('/metrics', url.trim()), { signal: AbortSignal.timeout(1500) });
        if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
        return answer.text();
      }),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  },
  deadLetterTopic: settings.dlqTopic,
  log,
});

const server = createServer(async (request, response) => {
  if (request.url === '/metrics') {
    response.setHeader('content-type', registry.contentType);
    response.end(await registry.metrics());
  } else if (request.url === '/healthz') {
    const silentMs = Date.now() - autoscaler.lastTickMs();
    response.statusCode = silentMs < 30_000 ? 200 : 503;
    response.end(silentMs < 30_000 ? 'OK\n' : `no round completed for ${Math.round(silentMs / 1000)} s\n`);
  } else {
    response.statusCode = 404;
    response.end('not found: /healthz and /metrics are here\n');
  }
}).listen(settings.autoscalerPort, settings.bindAddress);

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
while (!stopping.signal.aborted) {
  await autoscaler.tick();
  await delay(INTERVAL_MS, undefined, { signal: stopping.signal }).catch(() => {});
}
server.close();
server.closeAllConnections();
