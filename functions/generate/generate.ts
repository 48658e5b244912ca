import { HttpError, messageOf, PipelineError } from '../../shared/errors/index.ts';
import type { Categories } from '../../shared/events/categories.ts';
import type { Logger } from '../../shared/log/index.ts';
import {
  createEventSource,
  type EventSource,
  eventCount,
  type GeneratedEvent,
  historyDayMs,
} from './event-source.ts';
import { nextStep } from './pace.ts';
import { advance, newProgress, type Progress } from './progress.ts';
import { checkBeginning, checkSame, type GenerateRequest } from './request.ts';
import type { OpenRun, RunStore } from './run-store.ts';

/** What a call answers: the totals of the run so far, over all calls. */
export interface Totals {
  run_id: string;
  /** False: call again with the run id to go on. */
  done: boolean;
  /** Records written: valid and invalid ones. */
  produced: number;
  /** Late ones and history included. */
  valid: number;
  invalid: number;
  late: number;
  history: number;
  /** Valid ones without an event_id of their own. */
  without_id: number;
  /** Earliest and latest time of its valid events, history not counted. */
  first_time: string | null;
  last_time: string | null;
  start_time: string;
  seed: number;
}

export interface GenerateDependencies {
  store: RunStore;
  categories: Categories;
  retentionDays: number;
  log: Logger;
  /** Told after each transaction. */
  onWritten(events: readonly GeneratedEvent[]): void;
  now(): number;
  /** Resolves after that time, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  newRunId(): string;
}

const attempts = 5;

/**
 * Writes events of a run until it is complete, `maxSeconds` have passed or `signal` is aborted. Events and progress are
 * written together, so whatever ends a call, the next one goes on exactly there.
 *
 * @throws HttpError 400 (a run that cannot begin), 409 (other parameters, or another call took the run over),
 *   503 (Kafka cannot be written to now).
 */
export function createGenerate(
  dependencies: GenerateDependencies,
): (request: GenerateRequest, signal: AbortSignal) => Promise<Totals> {
  const { store, log, now, sleep } = dependencies;
  const busy = new Set<string>();

  return async (request, signal) => {
    const runId = request.runId ?? dependencies.newRunId();
    if (request.runId === undefined) checkBeginning(request.parameters);
    if (busy.has(runId)) throw takenOver(runId);
    busy.add(runId);
    try {
      return await generate(runId, request, signal);
    } finally {
      busy.delete(runId);
    }
  };

  async function generate(runId: string, request: GenerateRequest, signal: AbortSignal): Promise<Totals> {
    const endMs = now() + request.maxSeconds * 1000;
    let reached = -1;
    for (let attempt = 1; ; attempt++) {
      let run: OpenRun | undefined;
      try {
        run = await store.open(runId);
        const begun = begin(run.found, runId, request);
        // It has come further since the last interruption: these are separate ones.
        if (begun.next > reached) attempt = 1;
        reached = begun.next;
        const progress = await continueRun({ run, runId, progress: begun, endMs, signal });
        return totals(runId, progress);
      } catch (error) {
        if (error instanceof PipelineError && error.code === 'FENCED') throw takenOver(runId);
        if (error instanceof HttpError || !isKafkas(error)) throw error;
        log.warn({ err: error, runId, reached, attempt }, 'generating was interrupted');
        if (attempt >= attempts || signal.aborted || now() >= endMs) throw unavailable(runId, error);
        await sleep(200 * 2 ** attempt, signal);
      } finally {
        await run?.close().catch((error) => log.warn({ err: error, runId }, 'closing a producer failed'));
      }
    }
  }

  /** The progress to go on from: what was found, or that of a new run. */
  function begin(
    found: Progress | undefined,
    runId: string,
    { parameters, given }: GenerateRequest,
  ): Progress {
    if (found !== undefined) {
      checkSame(runId, given, found.parameters);
      return found;
    }
    checkBeginning(parameters);
    const startMs = now();
    const oldestMs = startMs - dependencies.retentionDays * 86_400_000;
    if (parameters.rate === undefined && startMs - (parameters.span_seconds + 4 * 3600) * 1000 < oldestMs) {
      throw new HttpError(
        400,
        `span_seconds reaches back further than RETENTION_DAYS (${dependencies.retentionDays})`,
      );
    }
    // Purchases that would be rejected as too old would make the totals wrong.
    const history = historyDayMs > oldestMs ? parameters.history : 0;
    return newProgress(parameters, startMs, history);
  }

  async function continueRun({
    run,
    runId,
    progress: begun,
    endMs,
    signal,
  }: {
    run: OpenRun;
    runId: string;
    progress: Progress;
    endMs: number;
    signal: AbortSignal;
  }): Promise<Progress> {
    let progress = begun;
    const source = sourceOf(runId, progress);
    while (!isDone(progress) && now() < endMs && !signal.aborted) {
      const step = nextStepOf(progress);
      progress = { ...progress, pausedMs: step.pausedMs };
      if ('waitMs' in step) {
        await sleep(Math.min(step.waitMs, Math.max(1, endMs - now())), signal);
        continue;
      }
      const events = Array.from({ length: step.write }, (_, i) => source(progress.next + i, step.pausedMs));
      const after = advance(progress, events);
      await run.write(events, after);
      progress = after;
      dependencies.onWritten(events);
    }
    return progress;
  }

  function sourceOf(runId: string, { parameters, startMs, history }: Progress): EventSource {
    return createEventSource({ runId, parameters, startMs, history, categories: dependencies.categories });
  }

  function nextStepOf({ parameters, startMs, pausedMs, next, history }: Progress) {
    // History goes first, at once, whatever the rate.
    if (next < history)
      return nextStep({
        nowMs: now(),
        startMs,
        pausedMs,
        position: next,
        remaining: history - next,
        rate: undefined,
      });
    return nextStep({
      nowMs: now(),
      startMs,
      pausedMs,
      position: next - history,
      remaining: eventCount(parameters) - (next - history),
      rate: parameters.rate,
    });
  }
}

function isDone({ parameters, next, history }: Progress): boolean {
  return next >= history + eventCount(parameters);
}

function totals(runId: string, progress: Progress): Totals {
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    run_id: runId,
    done: isDone(progress),
    produced: progress.next,
    valid: progress.valid,
    invalid: progress.invalid,
    late: progress.late,
    history: Math.min(progress.history, progress.next),
    without_id: progress.withoutId,
    first_time: time(progress.firstMs),
    last_time: time(progress.lastMs),
    start_time: new Date(progress.startMs).toISOString(),
    seed: progress.parameters.seed,
  };
}

function isKafkas(error: unknown): boolean {
  return error instanceof PipelineError && error.code === 'TRANSACTION';
}

function takenOver(runId: string): HttpError {
  return new HttpError(409, `another call is generating run ${runId}`);
}

function unavailable(runId: string, error: unknown): HttpError {
  return new HttpError(
    503,
    `Kafka cannot be written to (${messageOf(error)}); call again with run_id ${runId} to go on`,
    {
      cause: error,
      retryAfterSeconds: 2,
      details: { run_id: runId },
    },
  );
}
