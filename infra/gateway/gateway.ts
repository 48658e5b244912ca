import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { arch } from 'node:os';
import { HttpError } from '../../shared/errors/index.ts';
import type { Logger } from '../../shared/log/index.ts';
import type { AsyncCaller } from './async/accept.ts';
import type { Console } from './console/console.ts';
import { refuseOtherOrigins } from './console/same-origin.ts';
import { discardRest, readJson, sendError, sendJson, sendText } from './http/answer.ts';
import type { Authenticate } from './http/auth.ts';
import { type Route, route } from './http/router.ts';
import type { LogStore } from './logs/log-store.ts';
import type { DeployedFunction } from './provider/deployed-function.ts';
import { namespace, readDeleteRequest, readDeployment, readScaleRequest } from './provider/deployment.ts';
import type { Provider } from './provider/provider.ts';
import type { SecretStore } from './provider/secrets.ts';
import type { Caller } from './proxy/call.ts';
import { readLogRequest, sendLogs } from './system/logs.ts';
import { serveSecrets } from './system/secrets.ts';
import { statusOf } from './system/status.ts';

export interface GatewayOptions {
  provider: Provider;
  secrets: SecretStore;
  logs: LogStore;
  call: Caller;
  callLater: AsyncCaller;
  collectMetrics: () => Promise<string>;
  authenticate: Authenticate;
  console: Console;
  /** Milliseconds without a byte either way after which a connection is cut; more than any call may take. */
  idleTimeoutMs: number;
  log: Logger;
}

export interface Gateway {
  /** @param at an address, or a bound socket. @returns its port. */
  listen(at: { port: number; host: string } | { fd: number }): Promise<number>;
  close(): Promise<void>;
}

export const version = '0.1.0';

/** OpenFaaS's REST API and the way to the functions, over HTTP. */
export function createGateway(options: GatewayOptions): Gateway {
  const { provider, secrets, logs, call, callLater, collectMetrics, authenticate, idleTimeoutMs, log } =
    options;

  const server = createServer(
    { maxHeaderSize: 65_536, highWaterMark: 262_144, requestTimeout: 300_000 },
    (request, response) => {
      serve(request, response).catch((error) => {
        if (!(error instanceof HttpError)) log.error({ err: error, path: request.url }, 'a request failed');
        sendError(response, error);
        discardRest(request);
      });
    },
  );
  server.headersTimeout = 15_000;
  server.keepAliveTimeout = 65_000;
  server.setTimeout(idleTimeoutMs, (socket) => socket.destroy());

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/';
    const matched = route(target);
    switch (matched.kind) {
      case 'call':
        return call(request, response, matched.name, matched.path);
      case 'async-call':
        return callLater(request, response, matched.name, matched.path);
      case 'healthz':
        return sendText(response, 200, 'OK');
      case 'metrics':
        return sendText(response, 200, await collectMetrics(), 'text/plain; version=0.0.4; charset=utf-8');
      case 'root':
        response.writeHead(302, { location: '/ui/' }).end();
        return;
      case 'not-found':
        throw new HttpError(404, `there is nothing at ${target.slice(0, 200)}`);
      default:
        if (!authenticate(request.headers.authorization)) {
          response.setHeader('www-authenticate', 'Basic realm="OpenFaaS gateway"');
          throw new HttpError(401, 'unauthorized: user and password are wrong or missing');
        }
        refuseOtherOrigins(request);
        if (matched.kind === 'console') return options.console.serve(request, response, matched.path);
        return serveSystem(request, response, matched, new URLSearchParams(target.split('?', 2)[1] ?? ''));
    }
  }

  async function serveSystem(
    request: IncomingMessage,
    response: ServerResponse,
    matched: Route,
    query: URLSearchParams,
  ): Promise<void> {
    const method = request.method ?? 'GET';
    switch (matched.kind) {
      case 'functions':
        return serveFunctions(request, response, method, query);
      case 'function':
        allow(method, ['GET']);
        return sendJson(response, 200, statusOf(deployed(matched.name)));
      case 'scale': {
        allow(method, ['POST']);
        deployed(matched.name);
        provider.scale(matched.name, readScaleRequest(await readJson(request)).replicas);
        response.writeHead(202).end();
        return;
      }
      case 'secrets':
        allow(method, ['GET', 'POST', 'PUT', 'DELETE']);
        return serveSecrets(request, response, { secrets, onChange: provider.remountSecret });
      case 'logs': {
        allow(method, ['GET']);
        const wanted = readLogRequest(query);
        deployed(wanted.name);
        return sendLogs(response, logs, wanted);
      }
      case 'info':
        allow(method, ['GET']);
        return sendJson(response, 200, {
          provider: {
            provider: 'process',
            orchestration: 'processes',
            version: { sha: '', release: version },
          },
          version: { sha: '', release: version },
          arch: arch() === 'x64' ? 'x86_64' : arch(),
        });
      case 'namespaces':
        allow(method, ['GET']);
        return sendJson(response, 200, [namespace]);
      case 'namespace':
        throw new HttpError(501, `there is one namespace here, ${namespace}`);
      default:
        throw new HttpError(404, 'there is nothing here');
    }
  }

  async function serveFunctions(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    query: URLSearchParams,
  ): Promise<void> {
    switch (method) {
      case 'GET': {
        const wanted = query.get('namespace');
        if (wanted !== null && wanted !== '' && wanted !== namespace) return sendJson(response, 200, []);
        return sendJson(response, 200, provider.list().map(statusOf));
      }
      case 'POST':
        provider.deploy(readDeployment(await readJson(request)));
        break;
      case 'PUT':
        provider.update(readDeployment(await readJson(request)));
        break;
      case 'DELETE': {
        const { functionName } = readDeleteRequest(await readJson(request));
        deployed(functionName);
        // Gone for callers at once; its replicas finish what they have.
        provider
          .remove(functionName)
          .catch((error) => log.error({ err: error }, 'a function could not be removed'));
        break;
      }
      default:
        allow(method, ['GET', 'POST', 'PUT', 'DELETE']);
    }
    response.writeHead(202).end();
  }

  function deployed(name: string): DeployedFunction {
    const found = provider.get(name);
    if (found === undefined) throw new HttpError(404, `function ${JSON.stringify(name)} is not deployed`);
    return found;
  }

  return {
    listen: (at) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(at, () => resolve((server.address() as AddressInfo).port));
      }),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await options.console.close();
      await provider.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** @throws HttpError 405 */
function allow(method: string, methods: readonly string[]): void {
  if (!methods.includes(method)) throw new HttpError(405, `${method} is not one of ${methods.join(', ')}`);
}
