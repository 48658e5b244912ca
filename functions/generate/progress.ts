import { PipelineError } from '../../shared/errors/index.ts';
import type { GeneratedEvent } from './event-source.ts';
import type { RunParameters } from './request.ts';

/** How far a run is; kept as metadata of its group's position, written in the transaction of the events it counts. */
export interface Progress {
  parameters: RunParameters;
  /** Milliseconds since 1970. */
  startMs: number;
  /** Sum of the times in which the run stood still; a run with a rate does not make up for them. */
  pausedMs: number;
  /** Index of the first event that is not written yet, history included. */
  next: number;
  history: number;
  valid: number;
  late: number;
  invalid: number;
  withoutId: number;
  /** Earliest and latest time of its valid events, history not counted; milliseconds since 1970. */
  firstMs: number | null;
  lastMs: number | null;
}

export function newProgress(parameters: RunParameters, startMs: number, history: number): Progress {
  return {
    parameters,
    startMs,
    pausedMs: 0,
    next: 0,
    history,
    valid: 0,
    late: 0,
    invalid: 0,
    withoutId: 0,
    firstMs: null,
    lastMs: null,
  };
}

/** The progress after these events, which follow on its `next`. */
export function advance(progress: Progress, events: readonly GeneratedEvent[]): Progress {
  const after = { ...progress, next: progress.next + events.length };
  for (const { kind, withId, timestampMs } of events) {
    if (kind === 'invalid') {
      after.invalid += 1;
      continue;
    }
    after.valid += 1;
    if (!withId) after.withoutId += 1;
    if (kind === 'history') continue;
    if (kind === 'late') after.late += 1;
    if (after.firstMs === null || timestampMs < after.firstMs) after.firstMs = timestampMs;
    if (after.lastMs === null || timestampMs > after.lastMs) after.lastMs = timestampMs;
  }
  return after;
}

export function encodeProgress(progress: Progress): string {
  return JSON.stringify({ version: 1, ...progress });
}

/** @throws PipelineError `RUN_PROGRESS` when it is not one of ours. */
export function decodeProgress(text: string): Progress {
  try {
    const { version, ...progress } = JSON.parse(text);
    if (version === 1) return progress;
  } catch {
    // Said below.
  }
  throw new PipelineError('RUN_PROGRESS', `the run's stored progress cannot be read: ${text.slice(0, 200)}`);
}
