import type { Base64OrBytes, BatchEvent, BatchInfo } from '../../shared/batch/types.ts';
import { readTraceparent, type Span, type TraceContext, type Tracer } from '../../shared/trace/index.ts';

/** OpenTelemetry's own default of links a span. */
const mostLinks = 128;

/** Traces of the records of a batch, each once; not more than a span can be linked to. */
export function tracesOf(event: BatchEvent<Base64OrBytes>): TraceContext[] {
  const found = new Map<string, TraceContext>();
  for (const records of Object.values(event.records)) {
    for (const { headers } of records) {
      // Records without a trace have no headers as a rule.
      if (!headers || headers.length === 0) continue;
      const bytes = headers.find((header) => Object.hasOwn(header, 'traceparent'))?.traceparent;
      if (bytes === undefined) continue;
      const text = Buffer.from(bytes).toString('latin1');
      if (found.has(text)) continue;
      const trace = readTraceparent(text);
      if (trace !== undefined) found.set(text, trace);
      if (found.size === mostLinks) return [...found.values()];
    }
  }
  return [...found.values()];
}

/**
 * The span of a call with a batch. It belongs to the connector's call and is linked to the traces of its records; when
 * all of them are of one trace, it belongs to that and is linked to the call.
 */
export function batchSpan(
  tracer: Tracer,
  {
    functionName,
    event,
    batch,
    caller,
  }: {
    functionName: string;
    event: BatchEvent<Base64OrBytes>;
    batch: BatchInfo | undefined;
    caller: TraceContext | undefined;
  },
): Span {
  const traces = tracesOf(event);
  const [first, ...others] = traces;
  const one = first !== undefined && others.length === 0;
  // A trace that is recorded goes on here, whether the connector recorded its call or not.
  const recorded = traces.some(({ sampled }) => sampled);
  return tracer.start({
    name: functionName,
    kind: 'consumer',
    parent: one ? first : recorded && !caller?.sampled ? undefined : caller,
    sampled: recorded || undefined,
    links: one ? (caller?.sampled ? [caller] : []) : traces,
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.destination.name': batch?.topic,
      'messaging.destination.partition.id': batch === undefined ? undefined : String(batch.partition),
      'messaging.kafka.offset': batch?.first,
      'messaging.batch.message_count': Object.values(event.records).reduce(
        (sum, { length }) => sum + length,
        0,
      ),
      'pipeline.batch_id': batch?.id,
      'pipeline.attempt': batch?.attempt,
    },
  });
}
