import { describe, expect, test } from '@jest/globals';
import { registry } from '../../../shared/metrics/index.ts';
import { createSpanExporter } from '../../../shared/trace/exporter.ts';
import { createTracer, readTraceparent } from '../../../shared/trace/index.ts';
import { encodeSpans, type FinishedSpan } from '../../../shared/trace/otlp.ts';
import { formatTraceparent } from '../../../shared/trace/traceparent.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const parent = { traceId, spanId, sampled: true };

describe('traceparent', () => {
  test.each([
    [`00-${traceId}-${spanId}-01`, parent],
    [`00-${traceId}-${spanId}-00`, { ...parent, sampled: false }],
    // A later version may say more.
    [`cc-${traceId}-${spanId}-03-more`, parent],
    [`ff-${traceId}-${spanId}-01`, undefined],
    [`00-${traceId.toUpperCase()}-${spanId}-01`, undefined],
    [`00-${'0'.repeat(32)}-${spanId}-01`, undefined],
    [`00-${traceId}-${'0'.repeat(16)}-01`, undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is %j', (text, expected) => {
    expect(readTraceparent(text)).toEqual(expected);
  });

  test('is written as it is read', () => {
    expect(readTraceparent(formatTraceparent(parent))).toEqual(parent);
  });
});

describe('tracer', () => {
  function tracer({ sampleRatio = 1, random = () => 0.5 } = {}) {
    const spans: FinishedSpan[] = [];
    const exporter = { add: (span: FinishedSpan) => void spans.push(span), close: async () => {} };
    let atMs = 1000;
    const made = createTracer({
      endpoint: 'http://collector',
      serviceName: 'test',
      sampleRatio,
      random,
      exporter,
      now: () => atMs++,
    });
    if (made === undefined) throw new Error('no tracer');
    return { ...made, spans };
  }

  test.each([undefined, ''])('there is none without an endpoint (%j)', (endpoint) => {
    expect(createTracer({ endpoint, serviceName: 'test' })).toBeUndefined();
  });

  test('a span belongs to the trace of its parent, and says how it ended', () => {
    const { start, spans } = tracer();
    const span = start({ name: 'a', kind: 'server', parent, attributes: { x: 1 } });
    expect(span.traceparent).toBe(`00-${traceId}-${span.context.spanId}-01`);
    span.end({ error: 'no', attributes: { y: 'z' } });
    expect(spans).toEqual([
      expect.objectContaining({
        traceId,
        parentSpanId: spanId,
        name: 'a',
        startMs: 1000,
        endMs: 1001,
        attributes: { x: 1, y: 'z' },
        error: 'no',
      }),
    ]);
  });

  test('the parent decides what is recorded; without one, chance', () => {
    const { start, spans } = tracer({ sampleRatio: 0.4 });
    const unrecorded = [
      start({ name: 'a', kind: 'server', parent: { ...parent, sampled: false } }),
      start({ name: 'b', kind: 'server' }),
    ];
    for (const span of unrecorded) {
      expect(span.traceparent).toMatch(/-00$/);
      span.end();
    }
    start({ name: 'c', kind: 'server', parent }).end();
    expect(spans.map(({ name }) => name)).toEqual(['c']);
  });
});

const finished = (name: string): FinishedSpan => ({
  ...parent,
  name,
  kind: 'consumer',
  startMs: 1_700_000_000_000.25,
  endMs: 1_700_000_000_001,
  attributes: { text: 'x', whole: 3, part: 0.5, yes: true, none: undefined },
  links: [parent],
});

test('spans as OTLP’s JSON', () => {
  const body = JSON.parse(encodeSpans([finished('a')], { 'service.name': 'transform' }));
  expect(body.resourceSpans[0].resource.attributes).toEqual([
    { key: 'service.name', value: { stringValue: 'transform' } },
  ]);
  expect(body.resourceSpans[0].scopeSpans[0].spans).toEqual([
    {
      traceId,
      spanId,
      name: 'a',
      kind: 5,
      startTimeUnixNano: '1700000000000250000',
      endTimeUnixNano: '1700000000001000000',
      attributes: [
        { key: 'text', value: { stringValue: 'x' } },
        { key: 'whole', value: { intValue: '3' } },
        { key: 'part', value: { doubleValue: 0.5 } },
        { key: 'yes', value: { boolValue: true } },
      ],
      links: [{ traceId, spanId }],
      status: {},
    },
  ]);
});

describe('exporter', () => {
  const counted = async (outcome: string) => {
    const { values } = await (registry.getSingleMetric('trace_spans_total')?.get() ?? { values: [] });
    return values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
  };

  test('sends many at once, and the rest at the end', async () => {
    const sizes: number[] = [];
    const post = (async (url, init) => {
      expect(url).toBe('http://collector:4318/v1/traces');
      sizes.push(JSON.parse(String(init?.body)).resourceSpans[0].scopeSpans[0].spans.length);
      return new Response('{}');
    }) as typeof fetch;
    const exporter = createSpanExporter({ endpoint: 'http://collector:4318/', resource: {}, post });
    for (let i = 0; i < 600; i++) exporter.add(finished(`${i}`));
    await exporter.close();
    expect(sizes).toEqual([512, 88]);
    expect(await counted('exported')).toBe(600);
  });

  test('what nobody takes is dropped and counted; nothing piles up', async () => {
    const post = (() => Promise.reject(new Error('away'))) as typeof fetch;
    const exporter = createSpanExporter({ endpoint: 'http://collector', resource: {}, post });
    for (let i = 0; i < 5000; i++) exporter.add(finished(`${i}`));
    await exporter.close();
    expect(await counted('dropped')).toBe(5000);
  });
});
