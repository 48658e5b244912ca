import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError, PipelineError } from '../../../shared/errors/index.ts';
import { readBytes } from '../http/answer.ts';
import type { Provider } from '../provider/provider.ts';
import { endToEnd, setHeader } from '../proxy/headers.ts';
import type { QueuedCall } from './envelope.ts';

export type AsyncCaller = (
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  path: string,
) => Promise<void>;

/**
 * Accepts a call for later: 202 with its `X-Call-Id` once the queue has it for good; 503 when it cannot.
 */
export function createAsyncCaller({
  provider,
  enqueue,
  maxBodyBytes,
}: {
  provider: Pick<Provider, 'get'>;
  enqueue: (call: QueuedCall) => Promise<void>;
  maxBodyBytes: number;
}): AsyncCaller {
  return async (request, response, name, path) => {
    if (provider.get(name) === undefined)
      throw new HttpError(404, `function ${JSON.stringify(name)} is not deployed`);
    const callId = request.headers['x-call-id']?.toString() || randomUUID();
    const callbackUrl = request.headers['x-callback-url']?.toString();
    if (callbackUrl !== undefined && !/^https?:\/\//.test(callbackUrl)) throw badCallback(callbackUrl);
    if (callbackUrl !== undefined && !URL.canParse(callbackUrl)) throw badCallback(callbackUrl);
    const body = await readBytes(request, maxBodyBytes);
    try {
      await enqueue({
        callId,
        name,
        method: request.method ?? 'POST',
        path,
        headers: laterHeaders(request, callId),
        callbackUrl,
        acceptedAtMs: Date.now(),
        body,
      });
    } catch (error) {
      if (!(error instanceof PipelineError && error.retriable)) throw error;
      throw new HttpError(503, `the queue does not take calls now: ${error.message}`, {
        retryAfterSeconds: 2,
      });
    }
    response.writeHead(202, { 'x-call-id': callId, 'content-length': 0 }).end();
  };
}

function laterHeaders(request: IncomingMessage, callId: string): string[] {
  const headers = endToEnd(request.rawHeaders);
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (name !== 'content-length' && name !== 'x-callback-url')
      kept.push(headers[i] as string, headers[i + 1] as string);
  }
  setHeader(kept, 'X-Call-Id', callId);
  if (request.headers.host === undefined) kept.push('Host', 'localhost');
  return kept;
}

function badCallback(url: string): HttpError {
  return new HttpError(
    400,
    `X-Callback-Url: ${JSON.stringify(url.slice(0, 200))} is not an http:// or https:// address`,
  );
}
