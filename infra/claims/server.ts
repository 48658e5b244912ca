import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { decodeRequest } from '../../shared/clients/claims/request.ts';
import { type Listening, listening } from '../../shared/http/listening.ts';
import { registry } from '../../shared/metrics/index.ts';
import type { Duplicates } from './duplicates.ts';
import type { Keeper } from './keeper.ts';

/** What the server says and does; the keeper is there once it is ready. */
export interface Service {
  keeper: Keeper | undefined;
  duplicates: Duplicates;
  /** One line for people: ready, or how far it is. */
  state: () => string;
  /** A claim could not be written: nothing may be answered any more. */
  onFailure: (error: unknown) => void;
}

/**
 * `POST /claims` (the body of shared/clients/claims), `GET /duplicates?limit=100`, `/healthz`, `/metrics`.
 * Until there is a keeper, claims are answered 503 with Retry-After.
 */
export async function serve(
  service: Service,
  { port, bindAddress }: { port: number; bindAddress: string },
): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(service, request, response).catch((error: unknown) => {
      response.destroy();
      service.onFailure(error);
    });
  });
  // Clients keep their connections; one that ended just as it is used would be a claim without an answer.
  server.keepAliveTimeout = 0;
  return listening(server, { port, bindAddress });
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const json = (status: number, value: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(`${JSON.stringify(value)}\n`);
  };
  const url = new URL(request.url ?? '/', 'http://keeper');
  switch (`${request.method} ${url.pathname}`) {
    case 'POST /claims': {
      // A caller that went away meanwhile asks again.
      const body = await buffer(request).catch(() => undefined);
      if (body === undefined) return;
      if (service.keeper === undefined) return json(503, { error: service.state() }, { 'retry-after': '1' });
      const claims = decodeRequest(body);
      if (claims === undefined) return json(400, { error: 'the body is not a batch of claims' });
      return json(200, await service.keeper.claim(claims));
    }
    case 'GET /duplicates': {
      const limit = Number(url.searchParams.get('limit') ?? 100);
      if (!Number.isInteger(limit) || limit < 1)
        return json(400, { error: 'limit must be a whole number from 1' });
      return json(200, service.duplicates.list(limit));
    }
    case 'GET /healthz':
      return json(200, { ready: service.keeper !== undefined, state: service.state() });
    case 'GET /metrics':
      response.setHeader('content-type', registry.contentType);
      response.end(await registry.metrics());
      return;
    default:
      return json(404, { error: 'not found: POST /claims, /duplicates, /healthz and /metrics are here' });
  }
}
