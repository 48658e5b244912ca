import { createEventSource } from '../../functions/generate/event-source.ts';
import type { Categories } from '../../shared/events/index.ts';

/** Valid events as `generate` makes them, at this time. */
export function generatedEvents(count: number, startMs: number, categories: Categories): Buffer[] {
  const source = createEventSource({
    runId: 'plain',
    parameters: {
      seed: 1,
      rate: 10_000,
      duration_seconds: 60,
      span_seconds: 60,
      users: 1000,
      invalid_share: 0,
      late_share: 0.02,
      no_id_share: 0.005,
      history: 0,
    },
    startMs,
    history: 0,
    categories,
  });
  return Array.from({ length: count }, (_, index) => Buffer.from(source(index, 0).value));
}
