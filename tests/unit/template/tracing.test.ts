import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { BatchEvent, BatchRecord } from '../../../shared/batch/types.ts';
import { createTracer } from '../../../shared/trace/index.ts';
import type { FinishedSpan } from '../../../shared/trace/otlp.ts';
import { createFunctionServer, type FunctionServer } from '../../../template/node24-batch/server.ts';
import { tracesOf } from '../../../template/node24-batch/tracing.ts';

const traceOf = (n: number) => n.toString(16).padStart(32, '0');
const spanOf = (n: number) => n.toString(16).padStart(16, '0');
const traceparent = (n: number) => `00-${traceOf(n)}-${spanOf(n)}-01`;

const record = (offset: number, trace?: number): BatchRecord => ({
  topic: 't',
  partition: 0,
  offset,
  timestamp: 1,
  timestampType: 'CREATE_TIME',
  value: '',
  headers: trace === undefined ? [] : [{ other: [1] }, { traceparent: [...Buffer.from(traceparent(trace))] }],
});
const batch = (...traces: (number | undefined)[]): BatchEvent => ({
  eventSource: 'SelfManagedKafka',
  bootstrapServers: '',
  records: { 't-0': traces.map((trace, i) => record(i, trace)) },
});

describe('traces of a batch', () => {
  test('each once, none for records without one', () => {
    expect(tracesOf(batch(1, undefined, 2, 1)).map(({ traceId }) => traceId)).toEqual([
      traceOf(1),
      traceOf(2),
    ]);
    expect(tracesOf(batch(undefined))).toEqual([]);
  });

  test('no more than a span takes links; what is no traceparent is passed over', () => {
    expect(tracesOf(batch(...Array.from({ length: 500 }, (_, i) => i + 1)))).toHaveLength(128);
    const bad = batch(0);
    expect(tracesOf(bad)).toEqual([]);
  });
});

describe('a function that is traced', () => {
  const spans: FinishedSpan[] = [];
  const seen: (string | undefined)[] = [];
  let server: FunctionServer;
  let url: string;
  beforeAll(async () => {
    server = createFunctionServer({
      functionName: 'f',
      handler: (event: never, { headers }) => {
        seen.push(headers.traceparent);
        if ((event as { rawPath?: string }).rawPath === '/fails') throw new Error('no');
        return {};
      },
      onlyBatches: false,
      takesBytes: false,
      log: pino({ enabled: false }),
      maxBodyBytes: 1_000_000,
      maxInFlight: 0,
      execTimeoutMs: 0,
      tracer: createTracer({
        endpoint: 'http://collector',
        serviceName: 'f',
        exporter: { add: (span) => void spans.push(span), close: async () => {} },
      }),
    });
    url = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;
  });
  afterAll(() => server.stop({ lingerMs: 0, graceMs: 1000 }));
  beforeEach(() => {
    spans.length = 0;
    seen.length = 0;
  });

  const call = async (path: string, headers: Record<string, string>, body?: unknown) => {
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body ?? {}) });
    await answer.text();
    expect(spans).toHaveLength(1);
    return spans[0] as FinishedSpan;
  };
  const batchHeaders = { 'x-batch-id': 'c:t:0:0-1', 'x-topic': 't' };

  test('an HTTP call goes on with the caller’s trace, and the handler with its own span', async () => {
    const span = await call('/', { traceparent: traceparent(7) });
    expect(span).toMatchObject({ traceId: traceOf(7), parentSpanId: spanOf(7), kind: 'server', name: 'f' });
    expect(seen).toEqual([`00-${traceOf(7)}-${span.spanId}-01`]);
  });

  test('without a caller’s trace one begins; an error is one', async () => {
    const span = await call('/fails', {});
    expect(span).toMatchObject({ error: '500', attributes: { 'http.response.status_code': 500 } });
    expect(span.parentSpanId).toBeUndefined();
    expect(seen).toEqual([`00-${span.traceId}-${span.spanId}-01`]);
  });

  test('a batch belongs to the connector’s call and is linked to the traces of its records', async () => {
    const span = await call('/', { ...batchHeaders, traceparent: traceparent(9) }, batch(1, 2, undefined));
    expect(span).toMatchObject({
      traceId: traceOf(9),
      parentSpanId: spanOf(9),
      kind: 'consumer',
      attributes: { 'pipeline.batch_id': 'c:t:0:0-1', 'messaging.batch.message_count': 3 },
    });
    expect(span.links.map(({ traceId }) => traceId)).toEqual([traceOf(1), traceOf(2)]);
  });

  test('records of a trace that is recorded are, though the connector’s call is not', async () => {
    const unrecorded = traceparent(9).replace(/01$/, '00');
    const span = await call('/', { ...batchHeaders, traceparent: unrecorded }, batch(1, 2));
    expect(span.traceId).not.toBe(traceOf(9));
    expect(span.links).toHaveLength(2);
  });

  test('a batch of one trace is part of that trace', async () => {
    const span = await call('/', { ...batchHeaders, traceparent: traceparent(9) }, batch(1, 1));
    expect(span).toMatchObject({ traceId: traceOf(1), parentSpanId: spanOf(1) });
    expect(span.links.map(({ traceId }) => traceId)).toEqual([traceOf(9)]);
  });

  test('health checks are no calls', async () => {
    await fetch(`${url}/_/health`);
    expect(spans).toEqual([]);
  });
});
