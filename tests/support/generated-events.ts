import { createEventSource, type GeneratedEvent } from '../../functions/generate/event-source.ts';
import type { RunParameters } from '../../functions/generate/request.ts';
import type { Categories } from '../../shared/events/index.ts';

/** Events as `generate` makes them at this time, valid ones unless another share is given. */
export function generatedEvents(
  count: number,
  startMs: number,
  categories: Categories,
  given: Partial<RunParameters> = {},
): GeneratedEvent[] {
  const source = createEventSource({
    runId: 'test',
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
      ...given,
    },
    startMs,
    history: 0,
    categories,
  });
  return Array.from({ length: count }, (_, index) => source(index, 0));
}
