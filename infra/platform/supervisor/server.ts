import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Reporter } from './report.ts';
import { bears } from './token.ts';

/** What commands may ask of the supervisor, beside looking: `<method> <path>` → answer as JSON. */
export type Actions = Readonly<Record<string, (body: unknown) => Promise<unknown>>>;

/**
 * The supervisor's HTTP side: `/status` (JSON), `/metrics` (Prometheus) and `/healthz` for everyone,
 * the actions for those who bear the token.
 *
 * @throws EADDRINUSE when the port is taken, by another supervisor for instance.
 */
export async function startServer({
  host,
  port,
  token,
  reporter,
  actions,
}: {
  host: string;
  port: number;
  token: string;
  reporter: Reporter;
  actions: Actions;
}): Promise<{ close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request, response, { token, reporter, actions }).catch((error: unknown) => {
      send(response, 500, { error: messageOf(error) });
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { token, reporter, actions }: { token: string; reporter: Reporter; actions: Actions },
): Promise<void> {
  const route = `${request.method} ${new URL(request.url ?? '/', 'http://supervisor').pathname}`;
  if (route === 'GET /status') return send(response, 200, reporter.report());
  if (route === 'GET /healthz') return send(response, 200, { ok: true });
  if (route === 'GET /metrics') {
    const text = await reporter.metrics();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
    return;
  }
  const action = actions[route];
  if (!action) return send(response, 404, { error: `no such route: ${route}` });
  if (!bears(request.headers.authorization, token)) {
    return send(response, 401, { error: 'the token in secrets/supervisor-token is needed' });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  send(response, 200, await action(text === '' ? {} : JSON.parse(text)));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
