import { counter } from '../metrics/index.ts';
import { type Attributes, encodeSpans, type FinishedSpan } from './otlp.ts';

const spans = counter({
  name: 'trace_spans_total',
  help: 'Spans by outcome: exported, dropped (the collector did not take them, or too many waited)',
  labels: ['outcome'],
});

export interface SpanExporter {
  add(span: FinishedSpan): void;
  /** Sends what waits. */
  close(): Promise<void>;
}

/** As OpenTelemetry's batch processor has them. */
const mostWaiting = 2048;
const mostAtOnce = 512;
const everyMs = 2000;
const timeoutMs = 10_000;

/**
 * Sends spans in batches to an OTLP collector (HTTP, JSON). Telling comes second to working: nothing waits for the
 * collector, and what it does not take is dropped and counted.
 */
export function createSpanExporter({
  endpoint,
  resource,
  post = fetch,
}: {
  /** As in OTEL_EXPORTER_OTLP_ENDPOINT: without `/v1/traces`. */
  endpoint: string;
  resource: Attributes;
  post?: typeof fetch;
}): SpanExporter {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  let waiting: FinishedSpan[] = [];
  let sending: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostAtOnce);
      waiting = waiting.slice(mostAtOnce);
      const taken = await send(batch);
      spans.inc({ outcome: taken ? 'exported' : 'dropped' }, batch.length);
    }
  }

  async function send(batch: readonly FinishedSpan[]): Promise<boolean> {
    try {
      const answer = await post(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: encodeSpans(batch, resource),
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    sending ??= sendAll().finally(() => {
      sending = undefined;
    });
    return sending;
  }

  return {
    add(span) {
      if (waiting.length >= mostWaiting) {
        spans.inc({ outcome: 'dropped' });
        return;
      }
      waiting.push(span);
      if (waiting.length >= mostAtOnce) void flush();
      else if (timer === undefined) {
        timer = setTimeout(flush, everyMs);
        timer.unref();
      }
    },
    async close() {
      while (waiting.length > 0 || sending !== undefined) await flush();
    },
  };
}
