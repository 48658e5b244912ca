import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { compactType } from '../../shared/batch/compact.ts';
import type { BytesResult } from '../../shared/batch/output-list.ts';
import type { FunctionContext } from '../../shared/batch/types.ts';
import { HttpError } from '../../shared/errors/index.ts';
import type { Logger } from '../../shared/log/index.ts';
import { counter, histogram, registry } from '../../shared/metrics/index.ts';
import { readTraceparent, type Span, type Tracer } from '../../shared/trace/index.ts';
import { contextOf } from './context.ts';
import { httpEventOf } from './http-event.ts';
import { batchEventOf, batchInfoOf } from './kafka-event.ts';
import { flatHeaders, readBody } from './request.ts';
import { type Answer, answerOf, answerOfBatch, answerOfError, send } from './respond.ts';
import { batchSpan } from './tracing.ts';

export type Handler = (event: never, context: FunctionContext) => unknown;

export interface FunctionServerOptions {
  functionName: string;
  handler: Handler;
  /** Whether the handler knows nothing but batches; any other call is then answered 400. */
  onlyBatches: boolean;
  /** Whether the handler takes keys and values of records as bytes. */
  takesBytes: boolean;
  log: Logger;
  maxBodyBytes: number;
  /** Calls at once; more are answered 429. 0: no limit. */
  maxInFlight: number;
  /** Milliseconds that a call may take; 0: no limit. */
  execTimeoutMs: number;
  /** Absent: no call is traced. */
  tracer?: Tracer | undefined;
}

export interface FunctionServer {
  /** Listens; the port that was taken. */
  listen(port: number, host: string): Promise<number>;
  /**
   * Says that it is not ready, and takes calls for `lingerMs` more, since who sends them may not know yet; then takes none
   * and waits for those in flight, whose signal is aborted after another `graceMs`.
   */
  stop(patience: { lingerMs: number; graceMs: number }): Promise<void>;
}

const requests = counter({
  name: 'function_requests_total',
  help: 'Calls answered, by status code',
  labels: ['code'],
});
const durations = histogram({
  name: 'function_duration_seconds',
  help: 'Time from a whole request to its answer',
});

const noBatch =
  'this function takes batches of Kafka records: JSON with eventSource "SelfManagedKafka", or one record with the headers X-Topic and X-Kafka-Offset';

/** The HTTP server around one handler: health, readiness and metrics, and everything else to the handler. */
export function createFunctionServer(options: FunctionServerOptions): FunctionServer {
  const {
    functionName,
    handler,
    onlyBatches,
    takesBytes,
    log,
    maxBodyBytes,
    maxInFlight,
    execTimeoutMs,
    tracer,
  } = options;
  const patience = new AbortController();
  let inFlight = 0;
  let stopping = false;
  let idle: (() => void) | undefined;

  const server = createServer({ maxHeaderSize: 65_536, highWaterMark: 262_144 }, (request, response) => {
    serve(request, response).catch((error) => {
      log.error({ err: error }, 'an answer could not be sent');
      response.destroy();
    });
  });
  // Longer than any caller keeps a connection in its pool, so that none is closed just as it is used again.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 300_000;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    if (path === '/_/health') return send(response, plain(200, 'OK'));
    if (path === '/_/ready') return send(response, stopping ? plain(503, 'stopping') : plain(200, 'OK'));
    if (path === '/metrics' && request.method === 'GET') {
      const body = await registry.metrics();
      return send(response, { status: 200, headers: { 'content-type': registry.contentType }, body });
    }
    if (stopping) response.setHeader('connection', 'close');
    // What it sends us next may be in this form (RFC 9110, 12.5.1).
    if (takesBytes) response.setHeader('accept', compactType);
    if (maxInFlight > 0 && inFlight >= maxInFlight) {
      requests.inc({ code: 429 });
      request.resume();
      return send(
        response,
        answerOfError(new HttpError(429, `${maxInFlight} calls are under way`, { retryAfterSeconds: 1 })),
      );
    }
    inFlight++;
    try {
      await answer(request, response);
    } finally {
      inFlight--;
      if (inFlight === 0) idle?.();
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let result: Answer;
    let span: Span | undefined;
    let startedAt = performance.now();
    try {
      const headers = flatHeaders(request);
      const body = await readBody(request, maxBodyBytes);
      startedAt = performance.now();
      const batchEvent = batchEventOf(headers, body, { takesBytes });
      if (onlyBatches && batchEvent === undefined) throw new HttpError(400, noBatch);
      const requestId = headers['x-call-id'] ?? randomUUID();
      const batch = batchEvent === undefined ? undefined : batchInfoOf(headers);
      if (tracer !== undefined) {
        const caller = readTraceparent(headers.traceparent);
        span = batchEvent
          ? batchSpan(tracer, { functionName, event: batchEvent, batch, caller })
          : tracer.start({ name: functionName, kind: 'server', parent: caller });
        // What the handler passes on belongs to its own span; a trace that is not recorded is nobody's concern.
        if (span.context.sampled) headers.traceparent = span.traceparent;
      }
      const context = contextOf({
        functionName,
        requestId,
        headers,
        batch,
        response,
        stopping: patience.signal,
        timeoutMs: execTimeoutMs,
      });
      const event =
        batchEvent ??
        httpEventOf({
          method: request.method ?? 'GET',
          url: request.url ?? '/',
          headers,
          body,
          remoteAddress: request.socket.remoteAddress ?? '',
          requestId,
        });
      result = await call(event, context, batchEvent !== undefined);
    } catch (error) {
      // Only what happened before the handler was called: an answer without X-Batch-Id.
      result = answerOfError(error);
      // The rest is read and dropped, or the caller could not read why it was refused.
      request.resume();
    }
    requests.inc({ code: result.status });
    durations.observe((performance.now() - startedAt) / 1000);
    span?.end({
      attributes: { 'http.request.method': request.method, 'http.response.status_code': result.status },
      error: result.status >= 500 ? `${result.status}` : undefined,
    });
    await send(response, result);
  }

  /** Calls the handler. Every answer that came from it carries the batch id that it is about. */
  async function call(event: unknown, context: FunctionContext, isBatch: boolean): Promise<Answer> {
    let result: Answer;
    try {
      const value = await limited(handler(event as never, context), context);
      if (!isBatch || value === undefined) result = answerOf(value);
      else if (takesBytes) {
        const compact = context.headers.accept?.includes(compactType) === true;
        result = answerOfBatch(value as BytesResult, { compact });
      } else result = answerOf({ statusCode: 200, body: value ?? '' });
    } catch (error) {
      result = answerOfError(error);
      if (!(error instanceof HttpError)) {
        log.error(
          {
            err: error,
            function: functionName,
            batchId: context.batch?.id,
            traceId: readTraceparent(context.headers.traceparent)?.traceId,
          },
          'the handler failed',
        );
      }
    }
    if (context.batch !== undefined) result.headers['x-batch-id'] = context.batch.id;
    return result;
  }

  async function limited(result: unknown, context: FunctionContext): Promise<unknown> {
    if (execTimeoutMs === 0 || !(result instanceof Promise)) return result;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new HttpError(504, `no answer after ${execTimeoutMs} ms (exec_timeout)`)),
        context.getRemainingTimeInMillis(),
      );
    });
    return Promise.race([result, late]).finally(() => clearTimeout(timer));
  }

  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
      }),
    stop: async ({ lingerMs, graceMs }) => {
      stopping = true;
      await delay(lingerMs);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => patience.abort(new Error('the process is stopping')), graceMs);
      if (inFlight > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
      server.closeIdleConnections();
      await closed;
      clearTimeout(timer);
    },
  };
}

function plain(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}
