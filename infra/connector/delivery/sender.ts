import { setTimeout as delay } from 'node:timers/promises';
import { formatBatchId } from '../../../shared/batch/parse-batch-id.ts';
import { encodeBatchBody } from '../call/batch-body.ts';
import type { FetchedRecord } from '../kafka/records.ts';
import type { Output } from './answer.ts';
import { backoffMs } from './backoff.ts';
import { StoppedError, type WorkerContext } from './context.ts';
import { type Action, decide } from './decide.ts';
import type { DeadRecord, Piece } from './pieces.ts';

/** How a piece ended. */
export type Outcome =
  | { kind: 'done'; outputs: Output[]; dead: DeadRecord[] }
  | { kind: 'cut'; dead: DeadRecord[] }
  | { kind: 'split'; reason: string; attempts: number };

export interface Sender {
  /** Sends a piece until it has an outcome; waits as the answers say. */
  send(piece: Piece, route: number, stop: Stop): Promise<Outcome>;
  /** Why the partition waits at present. */
  waiting(): string | undefined;
}

export interface Stop {
  /** Told to stop: finish the call in flight, begin no other. */
  soft: AbortSignal;
  /** The partition is no longer ours: drop everything. */
  hard: AbortSignal;
}

const UNKNOWN = { baseMs: 100, capMs: 5000 };
const FAILED = { baseMs: 250, capMs: 30_000 };
const ABSENT = { baseMs: 500, capMs: 5000 };
const PAUSED = { baseMs: 100, capMs: 5000 };
const LONGEST_PAUSE_MS = 300_000;

export function createSender(context: WorkerContext): Sender {
  const { caller, subscription, topic, partition, clusterId, metrics, log, now, random } = context;
  const labels = { function: subscription.functionName };
  let waitsFor: string | undefined;

  async function wait(ms: number, reason: string, { soft, hard }: Stop): Promise<void> {
    const place = { ...labels, topic: topic.name, partition, reason };
    waitsFor = reason;
    metrics.paused.set(place, 1);
    try {
      await delay(ms, undefined, { signal: soft }).catch(() => {});
    } finally {
      waitsFor = undefined;
      metrics.paused.remove(place);
    }
    if (soft.aborted || hard.aborted) throw new StoppedError();
  }

  async function callOnce(
    piece: Piece,
    body: Buffer,
    route: number,
    tries: Tries,
    stop: Stop,
  ): Promise<Action> {
    const offsets = lazyOffsets(piece.records);
    const started = now();
    const answer = await caller.call({
      functionName: subscription.functionName,
      batchId: formatBatchId({
        clusterId,
        topicId: topic.id,
        partition,
        first: piece.first,
        last: piece.end - 1,
      }),
      topic: topic.name,
      partition,
      firstOffset: piece.first,
      route,
      attempt: tries.calls,
      body,
      signal: stop.hard,
    });
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
      has: (offset) => offsets().has(offset),
      wantsOutputs: subscription.outputTopic !== undefined,
    });
    metrics.batches.inc({ ...labels, outcome: action.do === 'again' ? action.why : action.do });
    return action;
  }

  /** Waits as the action says; the calls that follow are the same piece again. */
  async function waitFor(action: Action, piece: Piece, tries: Tries, stop: Stop): Promise<void> {
    const what = {
      function: subscription.functionName,
      topic: topic.name,
      partition,
      first: piece.first,
      end: piece.end,
    };
    switch (action.do) {
      case 'pause': {
        tries.pauses++;
        const ms = Math.min(
          action.retryAfterMs ?? backoffMs(tries.pauses, { ...PAUSED, random }),
          LONGEST_PAUSE_MS,
        );
        if (tries.pauses === 1) log.warn({ ...what, ms, reason: action.reason }, 'the function asks to wait');
        metrics.retries.inc({ ...labels, reason: 'paused' });
        return wait(ms, 'asked', stop);
      }
      case 'absent': {
        tries.absent++;
        if (tries.absent === 1) log.warn(what, 'the function is not deployed; waiting for it');
        metrics.retries.inc({ ...labels, reason: 'absent' });
        return wait(backoffMs(tries.absent, { ...ABSENT, random }), 'absent', stop);
      }
      case 'again': {
        const count = action.why === 'unknown' ? ++tries.unknown : ++tries.failed;
        const ms = backoffMs(count, { ...(action.why === 'unknown' ? UNKNOWN : FAILED), random });
        const line = { ...what, tries: tries.calls, ms, reason: action.reason };
        if (action.alarm) log.error(line, 'the function fails again and again; the partition is blocked');
        else
          log.warn(
            line,
            action.why === 'unknown' ? 'no answer; sending the same again' : 'failed; trying again',
          );
        metrics.retries.inc({ ...labels, reason: action.why });
        return wait(ms, action.alarm ? 'blocked' : 'backoff', stop);
      }
    }
  }

  /** A record that the function listed without calling it hopeless, alone. */
  async function sendAlone(
    record: FetchedRecord,
    listedReason: string,
    route: number,
    stop: Stop,
  ): Promise<{ outputs: Output[]; dead?: DeadRecord }> {
    const piece = { first: record.offset, end: record.offset + 1, records: [record] };
    const body = bodyOf(piece);
    const tries = newTries();
    let reason = listedReason;
    for (;;) {
      if (stop.soft.aborted) throw new StoppedError();
      tries.calls++;
      const action = await callOnce(piece, body, route, tries, stop);
      const dead = (cause: DeadRecord['cause']) => ({ record, cause, reason, attempts: tries.calls + 1 });
      if (action.do === 'done') {
        const failure = action.dead[0] ?? action.alone[0];
        if (!failure) return { outputs: action.outputs };
        reason = failure.reason;
        if (failure.permanent) return { outputs: [], dead: dead('listed') };
        if (tries.failed >= subscription.maxRetries) return { outputs: [], dead: dead('exhausted') };
        await waitFor({ do: 'again', why: 'failed', alarm: false, reason }, piece, tries, stop);
        continue;
      }
      if (action.do === 'split' || action.do === 'bury' || action.do === 'cut') {
        if (action.do !== 'cut') reason = action.reason;
        return { outputs: [], dead: dead(action.do === 'bury' ? 'exhausted' : 'refused') };
      }
      await waitFor(action, piece, tries, stop);
    }
  }

  function bodyOf(piece: Piece): Buffer {
    return encodeBatchBody({
      bootstrapServers: context.cluster.bootstrapServers,
      topic: topic.name,
      partition,
      records: piece.records,
    });
  }

  async function finish(
    piece: Piece,
    action: Action & { do: 'done' },
    calls: number,
    route: number,
    stop: Stop,
  ): Promise<Outcome> {
    const byOffset = indexOf(piece.records, action.dead.length + action.alone.length);
    const dead: DeadRecord[] = action.dead.map(({ offset, reason }) => ({
      record: byOffset.get(offset) as FetchedRecord,
      cause: 'listed',
      reason,
      attempts: calls,
    }));
    const outputs = action.outputs;
    for (const { offset, reason } of action.alone) {
      const alone = await sendAlone(byOffset.get(offset) as FetchedRecord, reason, route, stop);
      outputs.push(...alone.outputs);
      if (alone.dead) dead.push(alone.dead);
    }
    // What was tried alone came late; the order of a partition is that of its input.
    if (action.alone.length > 0) outputs.sort((a, b) => a.sourceOffset - b.sourceOffset);
    return { kind: 'done', outputs, dead };
  }

  return {
    waiting: () => waitsFor,
    async send(piece, route, stop) {
      const body = bodyOf(piece);
      const tries = newTries();
      metrics.records.inc({ ...labels, outcome: 'received' }, piece.records.length);
      for (;;) {
        if (stop.soft.aborted) throw new StoppedError();
        tries.calls++;
        const action = await callOnce(piece, body, route, tries, stop);
        if (action.do === 'done') {
          const outcome = await finish(piece, action, tries.calls, route, stop);
          const oldest = piece.records[0];
          if (oldest) metrics.deliveryLatency.observe(labels, Math.max(0, now() - oldest.timestamp) / 1000);
          metrics.records.inc({ ...labels, outcome: 'delivered' }, piece.records.length - action.dead.length);
          return outcome;
        }
        if (action.do === 'cut') {
          const byOffset = indexOf(piece.records, action.dead.length);
          const dead = action.dead.map(({ offset, reason }) => ({
            record: byOffset.get(offset) as FetchedRecord,
            cause: 'listed' as const,
            reason,
            attempts: tries.calls,
          }));
          return { kind: 'cut', dead };
        }
        if (action.do === 'bury') {
          const dead = piece.records.map((record) => ({
            record,
            cause: 'exhausted' as const,
            reason: action.reason,
            attempts: tries.calls,
          }));
          return { kind: 'done', outputs: [], dead };
        }
        if (action.do === 'split') return { kind: 'split', reason: action.reason, attempts: tries.calls };
        await waitFor(action, piece, tries, stop);
      }
    },
  };
}

interface Tries {
  calls: number;
  unknown: number;
  failed: number;
  pauses: number;
  absent: number;
}

const newTries = (): Tries => ({ calls: 0, unknown: 0, failed: 0, pauses: 0, absent: 0 });

function lazyOffsets(records: readonly FetchedRecord[]): () => Set<number> {
  let offsets: Set<number> | undefined;
  return () => {
    offsets ??= new Set(records.map(({ offset }) => offset));
    return offsets;
  };
}

function indexOf(records: readonly FetchedRecord[], wanted: number): Map<number, FetchedRecord> {
  return wanted === 0 ? new Map() : new Map(records.map((record) => [record.offset, record]));
}
