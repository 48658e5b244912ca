import { randomBytes } from 'node:crypto';
import { Pool } from 'undici';
import { compactType } from '../../../shared/batch/compact.ts';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Tracer } from '../../../shared/trace/index.ts';
import { formatTraceparent } from '../../../shared/trace/traceparent.ts';
import type { Answer } from '../delivery/answer.ts';
import type { BatchBody } from './batch-body.ts';
import { retryAfterMs } from './retry-after.ts';

export interface Call {
  functionName: string;
  batchId: string;
  topic: string;
  partition: number;
  firstOffset: number;
  route: number;
  attempt: number;
  /** Made for each try: in the compact form once the function has said that it takes it. */
  body: (form: { compact: boolean }) => BatchBody;
  /** Cuts the call off; its outcome is then unknown. */
  signal: AbortSignal;
}

/** The trace that a call belongs to: what the function logs and records of it names the same. */
export interface Traced {
  traceId: string;
}

export interface FunctionCaller {
  /** Never throws: whatever prevents an answer is an answer of kind `none`. */
  call(call: Call): Promise<Answer & Traced>;
  close(): Promise<void>;
}

/** Answers larger than this are not read; the call counts as unanswered. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Calls functions through an OpenFaaS gateway, over connections that are kept. */
export function createFunctionCaller({
  gatewayUrl,
  connectorName,
  timeoutMs,
  connections = 256,
  tracer,
}: {
  gatewayUrl: string;
  /** Sent as `X-Connector`. */
  connectorName: string;
  /** After so long without an answer the outcome of a call is unknown. */
  timeoutMs: number;
  connections?: number;
  /** Absent: a call belongs to a trace that nobody records here. */
  tracer?: Tracer | undefined;
}): FunctionCaller {
  const { origin, pathname } = new URL(gatewayUrl);
  const basePath = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connectTimeout: Math.min(timeoutMs, 5000),
  });

  /** Functions whose last answer said that they take batches in the compact form. */
  const takeCompact = new Set<string>();

  async function callOnce(
    { functionName, batchId, topic, partition, firstOffset, route, attempt, signal }: Call,
    { contentType, bytes }: BatchBody,
  ): Promise<Answer & Traced> {
    const span = tracer?.start({
      name: `deliver ${functionName}`,
      kind: 'client',
      attributes: {
        'messaging.system': 'kafka',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'messaging.kafka.offset': firstOffset,
        'pipeline.batch_id': batchId,
        'pipeline.attempt': attempt,
      },
    });
    const trace = span?.context ?? {
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      sampled: true,
    };
    const { traceId } = trace;
    const cut = new AbortController();
    const timer = setTimeout(() => cut.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const stop = () => cut.abort(new Error('the partition was given up'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const response = await pool.request({
        method: 'POST',
        path: `${basePath}/function/${functionName}`,
        headers: {
          'content-type': contentType,
          accept: `${compactType}, application/json`,
          'x-batch-id': batchId,
          'x-topic': topic,
          'x-kafka-partition': String(partition),
          'x-kafka-offset': String(firstOffset),
          'x-route': String(route),
          'x-attempt': String(attempt),
          'x-connector': connectorName,
          traceparent: formatTraceparent(trace),
        },
        body: bytes,
        signal: cut.signal,
      });
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
        chunks.push(chunk);
      }
      const { statusCode } = response;
      span?.end({
        attributes: { 'http.response.status_code': statusCode },
        error: statusCode >= 400 ? `${statusCode}` : undefined,
      });
      return {
        traceId,
        kind: 'response',
        status: response.statusCode,
        retryAfterMs: retryAfterMs(one(response.headers['retry-after']), Date.now()),
        echoed: one(response.headers['x-batch-id']) === batchId,
        takesCompact: one(response.headers.accept)?.includes(compactType) === true,
        compact: one(response.headers['content-type']) === compactType,
        body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
      };
    } catch (error) {
      const reason = messageOf(cut.signal.aborted ? cut.signal.reason : error);
      span?.end({ error: reason });
      return { traceId, kind: 'none', reason };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  return {
    async call(call) {
      const { functionName } = call;
      const body = call.body({ compact: takeCompact.has(functionName) });
      const answer = await callOnce(call, body);
      if (answer.kind === 'none') return answer;
      if (answer.takesCompact) takeCompact.add(functionName);
      else takeCompact.delete(functionName);
      // Something else answers now than what took the compact form before, and cannot have understood it. Whether it
      // calls that done or wrong, it gets the same in JSON.
      const misread = body.contentType === compactType && !answer.takesCompact && isVerdict(answer.status);
      return misread ? callOnce(call, call.body({ compact: false })) : answer;
    },
    close: async () => {
      await pool.close();
      await tracer?.close();
    },
  };
}

/** Whether a status says what became of the batch; others say to come again, and it comes again in JSON. */
function isVerdict(status: number): boolean {
  return status < 500 && status !== 404 && status !== 429;
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
