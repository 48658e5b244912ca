import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';
import { batchBody } from '../call/batch-body.ts';
import { batchIdOf } from './batch-id.ts';
import { StoppedError, type WorkerContext } from './context.ts';
import { type Action, decide } from './decide.ts';
import { hasOffset, type Piece } from './pieces.ts';

/** How often a piece has been tried, by what came of it. */
export interface Tries {
  calls: number;
  unknown: number;
  failed: number;
  pauses: number;
  absent: number;
  /** Trace of the last call. */
  traceId: string | undefined;
}

export const newTries = (): Tries => ({
  calls: 0,
  unknown: 0,
  failed: 0,
  pauses: 0,
  absent: 0,
  traceId: undefined,
});

export interface Stop {
  /** Told to stop: finish the call in flight, begin no other. */
  soft: AbortSignal;
  /** The partition is no longer ours: drop everything. */
  hard: AbortSignal;
}

export type Attempt = (piece: Piece, route: number, tries: Tries, stop: Stop) => Promise<Action>;

/** Base64 takes a third more, and each record has a frame of its own. */
const bodyBytes = (records: readonly FetchedRecord[]): number =>
  records.reduce((sum, { size }) => sum + size * 1.4 + 150, 300);

/** Calls the function once with a piece and says what its answer means. */
export function createAttempt(context: WorkerContext): Attempt {
  const { caller, bodies, subscription, topic, partition, cluster, metrics, now } = context;
  const labels = { function: subscription.functionName };

  return async (piece, route, tries, stop) => {
    if (stop.soft.aborted) throw new StoppedError();
    tries.calls++;
    // The body is made anew for each call, so that a piece that waits for long holds no memory.
    const release = await bodies.acquire(bodyBytes(piece.records));
    try {
      if (stop.soft.aborted) throw new StoppedError();
      const started = now();
      const batch = {
        bootstrapServers: cluster.bootstrapServers,
        topic: topic.name,
        partition,
        records: piece.records,
      };
      const answer = await caller.call({
        functionName: subscription.functionName,
        batchId: batchIdOf(context, piece),
        topic: topic.name,
        partition,
        firstOffset: piece.first,
        route,
        attempt: tries.calls,
        body: (form) => batchBody(batch, form),
        signal: stop.hard,
      });
      tries.traceId = answer.traceId;
      // An answer to a call of an earlier takeover is dropped.
      if (stop.hard.aborted) throw new StoppedError();
      metrics.callDuration.observe(labels, (now() - started) / 1000);
      metrics.batchSize.observe(labels, piece.records.length);
      const action = decide(answer, {
        mode: subscription.mode,
        onError: subscription.onError,
        failedTries: tries.failed,
        maxRetries: subscription.maxRetries,
        topicPartition: `${topic.name}-${partition}`,
        has: hasOffset(piece.records),
        wantsOutputs: subscription.outputTopic !== undefined,
      });
      metrics.batches.inc({ ...labels, outcome: action.do === 'again' ? action.why : action.do });
      return action;
    } finally {
      release();
    }
  };
}
