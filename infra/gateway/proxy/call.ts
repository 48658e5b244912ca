import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError } from '../../../shared/errors/index.ts';
import { parseDuration } from '../../connector/functions/units.ts';
import { discardRest, sendError } from '../http/answer.ts';
import type { DeployedFunction } from '../provider/deployed-function.ts';
import type { Provider } from '../provider/provider.ts';
import type { Replica } from '../provider/replica.ts';
import { forward } from './forward.ts';
import { endToEnd, setHeader } from './headers.ts';

export interface CallerOptions {
  provider: Provider;
  /** Milliseconds that a call may take; a function's own `exec_timeout` may be longer. */
  timeoutMs: number;
  maxBodyBytes: number;
  /** Milliseconds that a call waits for a function that was scaled to zero. */
  wakeTimeoutMs?: number;
  /** Milliseconds that a call waits for a replica when all are down: after a crash the next one is up sooner. */
  patienceMs?: number;
  observe(call: { functionName: string; status: number; seconds: number }): void;
}

export type Caller = (
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  path: string,
) => Promise<void>;

/** Calls functions: chooses a replica, passes the request on, answers what went wrong. */
export function createCaller(options: CallerOptions): Caller {
  const {
    provider,
    timeoutMs: usualTimeoutMs,
    maxBodyBytes,
    wakeTimeoutMs = 30_000,
    patienceMs = 5000,
    observe,
  } = options;

  return async (request, response, name, path) => {
    const startedAt = Date.now();
    const begun = performance.now();
    const deployed = provider.get(name);
    if (deployed === undefined) {
      sendError(response, new HttpError(404, `function ${JSON.stringify(name)} is not deployed`));
      return;
    }
    const callId = request.headers['x-call-id']?.toString() || randomUUID();
    deployed.invocations++;
    deployed.lastCallAtMs = startedAt;
    const headers = requestHeaders(request, callId, startedAt);
    const answerHeaders = () => [
      'X-Call-Id',
      callId,
      'X-Start-Time',
      `${BigInt(startedAt) * 1_000_000n}`,
      'X-Duration-Seconds',
      ((performance.now() - begun) / 1000).toFixed(6),
    ];
    try {
      if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
      await callOne(deployed, { request, response, path, headers, answerHeaders });
    } catch (error) {
      if (!response.headersSent) {
        const extra = answerHeaders();
        for (let i = 0; i < extra.length; i += 2)
          response.setHeader(extra[i] as string, extra[i + 1] as string);
      }
      sendError(response, error);
      discardRest(request);
    } finally {
      deployed.lastCallAtMs = Date.now();
      observe({
        functionName: name,
        status: response.statusCode,
        seconds: (performance.now() - begun) / 1000,
      });
    }
  };

  async function callOne(
    deployed: DeployedFunction,
    call: {
      request: IncomingMessage;
      response: ServerResponse;
      path: string;
      headers: string[];
      answerHeaders: () => string[];
    },
  ): Promise<void> {
    const name = deployed.deployment.service;
    const timeoutMs = Math.max(usualTimeoutMs, ownTimeoutMs(deployed));
    if (timeoutMs > usualTimeoutMs) {
      // The connection is cut when it is idle for longer than the usual call may take.
      const { socket } = call.request;
      const idleMs = socket.timeout ?? 0;
      socket.setTimeout(timeoutMs + 30_000);
      call.response.once('close', () => socket.setTimeout(idleMs));
    }
    if (deployed.desired === 0) {
      deployed.scale(1);
      await deployed.waitUntilAvailable(wakeTimeoutMs);
    }
    const tried = new Set<Replica>();
    for (;;) {
      let replica = deployed.choose(tried);
      if (replica === undefined && (await deployed.waitUntilAvailable(patienceMs, tried))) {
        replica = deployed.choose(tried);
      }
      if (replica === undefined) {
        throw new HttpError(503, `function ${name}: no replica is up`, { retryAfterSeconds: 1 });
      }
      replica.inFlight++;
      const outcome = await forward({ ...call, replica, timeoutMs, maxBodyBytes }).finally(() => {
        replica.inFlight--;
      });
      switch (outcome.kind) {
        case 'answered':
        case 'caller-gone':
          return;
        case 'not-sent':
          tried.add(replica);
          continue;
        case 'timeout':
          throw new HttpError(504, `function ${name}: no answer within ${timeoutMs} ms`);
        case 'too-large':
          throw tooLarge(maxBodyBytes);
        case 'unknown':
          throw new HttpError(
            502,
            `function ${name}: the replica gave no answer (${outcome.detail}); whether it did its work is unknown`,
          );
      }
    }
  }
}

/** A function that says how long it may take gets that, and some seconds for its own answer that it took too long. */
function ownTimeoutMs({ deployment }: DeployedFunction): number {
  const limitMs = parseDuration(deployment.envVars?.exec_timeout ?? '') ?? 0;
  return limitMs === 0 ? 0 : limitMs + 5000;
}

function requestHeaders(request: IncomingMessage, callId: string, startedAt: number): string[] {
  const headers = endToEnd(request.rawHeaders);
  setHeader(headers, 'X-Call-Id', callId);
  setHeader(headers, 'X-Start-Time', `${BigInt(startedAt) * 1_000_000n}`);
  // A body without a length must be framed again, or its bytes would pass for the next request.
  if (request.headers['transfer-encoding'] !== undefined) setHeader(headers, 'Transfer-Encoding', 'chunked');
  else if (request.headers['content-length'] === undefined) setHeader(headers, 'Content-Length', '0');
  if (request.headers.host === undefined) setHeader(headers, 'Host', 'localhost');
  const remote = request.socket.remoteAddress ?? '';
  const forwarded = request.headers['x-forwarded-for'];
  setHeader(headers, 'X-Forwarded-For', forwarded === undefined ? remote : `${forwarded}, ${remote}`);
  if (request.headers.host !== undefined && request.headers['x-forwarded-host'] === undefined) {
    setHeader(headers, 'X-Forwarded-Host', request.headers.host);
  }
  return headers;
}

function tooLarge(maxBodyBytes: number): HttpError {
  return new HttpError(413, `the body is larger than ${maxBodyBytes} bytes (GATEWAY_MAX_BODY_BYTES)`);
}
