import { randomBytes } from 'node:crypto';
import { createSpanExporter, type SpanExporter } from './exporter.ts';
import type { Attributes, SpanKind } from './otlp.ts';
import { formatTraceparent, type TraceContext } from './traceparent.ts';

export { readTraceparent, type TraceContext } from './traceparent.ts';

export interface Span {
  /** For whoever is called next. */
  readonly traceparent: string;
  readonly context: TraceContext;
  /** Ends it; `error` says what went wrong. */
  end(result?: { error?: string | undefined; attributes?: Attributes }): void;
}

export interface Tracer {
  /** Begins a span; whether it is recorded its parent decides, and where it has none, chance. */
  start(span: {
    name: string;
    kind: SpanKind;
    parent?: TraceContext | undefined;
    /** Decides instead of parent and chance. */
    sampled?: boolean | undefined;
    /** Other traces that it works for. */
    links?: readonly TraceContext[];
    attributes?: Attributes;
  }): Span;
  /** Sends what waits. */
  close(): Promise<void>;
}

/**
 * A tracer that exports to an OTLP collector; undefined without `endpoint`: then there is nothing to trace with, and
 * nothing that costs.
 *
 * @param sampleRatio share of the traces that begin here which are recorded, 0 to 1.
 */
export function createTracer({
  endpoint,
  serviceName,
  sampleRatio = 1,
  exporter,
  random = Math.random,
  now = () => performance.timeOrigin + performance.now(),
}: {
  endpoint: string | undefined;
  serviceName: string;
  sampleRatio?: number;
  exporter?: SpanExporter;
  random?: () => number;
  /** Milliseconds since 1970, as fine as can be. */
  now?: () => number;
}): Tracer | undefined {
  if (endpoint === undefined || endpoint === '') return undefined;
  const resource = { 'service.name': serviceName, 'process.pid': process.pid };
  const out = exporter ?? createSpanExporter({ endpoint, resource });
  return {
    start({ name, kind, parent, sampled, links = [], attributes = {} }) {
      const context: TraceContext = {
        traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
        spanId: randomBytes(8).toString('hex'),
        sampled: sampled ?? parent?.sampled ?? random() < sampleRatio,
      };
      const startMs = now();
      return {
        context,
        traceparent: formatTraceparent(context),
        end(result = {}) {
          if (!context.sampled) return;
          out.add({
            ...context,
            parentSpanId: parent?.spanId,
            name,
            kind,
            startMs,
            endMs: now(),
            attributes: { ...attributes, ...result.attributes },
            links,
            error: result.error,
          });
        },
      };
    },
    close: () => out.close(),
  };
}
