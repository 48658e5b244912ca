import type { TraceContext } from './traceparent.ts';

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** OTLP's numbers of the kinds. */
export const spanKinds = { server: 2, client: 3, consumer: 5 } as const;
export type SpanKind = keyof typeof spanKinds;

export interface FinishedSpan extends TraceContext {
  parentSpanId?: string | undefined;
  name: string;
  kind: SpanKind;
  startMs: number;
  endMs: number;
  attributes: Attributes;
  links: readonly TraceContext[];
  /** What went wrong; absent when nothing did. */
  error?: string | undefined;
}

/** The body of `POST /v1/traces`, https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
export function encodeSpans(spans: readonly FinishedSpan[], resource: Attributes): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'event-pipeline' }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf(span: FinishedSpan) {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: spanKinds[span.kind],
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: attributesOf(span.attributes),
    links: span.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
    status: span.error === undefined ? {} : { code: 2, message: span.error },
  };
}

/** Microseconds are as fine as the clock is. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1000)}000`;

function attributesOf(attributes: Attributes) {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: otlpValue(value) }));
}

function otlpValue(value: Attributes[string]) {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value !== 'number') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
