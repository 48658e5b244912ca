import type { FetchedRecord } from '../../../shared/clients/kafka-protocol/records.ts';
import type { FailedItem, Output } from './answer.ts';
import { createAttempt, newTries, type Stop } from './attempt.ts';
import type { WorkerContext } from './context.ts';
import type { Action } from './decide.ts';
import type { Patience } from './patience.ts';
import type { DeadRecord, Piece } from './pieces.ts';

/** How a piece ended. */
export type Outcome =
  | { kind: 'done'; outputs: Output[]; dead: DeadRecord[] }
  /** Ranges: nothing was written, these records must be left out. */
  | { kind: 'cut'; dead: DeadRecord[]; traceId: string | undefined }
  /** Nothing was written: send halves. */
  | { kind: 'split'; reason: string; attempts: number; traceId: string | undefined };

export interface Sender {
  /** Sends a piece until it has an outcome; waits as the answers say. */
  send(piece: Piece, route: number, stop: Stop): Promise<Outcome>;
}

export function createSender(context: WorkerContext, patience: Patience): Sender {
  const { subscription, metrics, now } = context;
  const labels = { function: subscription.functionName };
  const attempt = createAttempt(context);

  /** A record that the function listed without calling it hopeless, alone. */
  async function sendAlone(
    record: FetchedRecord,
    listedReason: string,
    route: number,
    stop: Stop,
  ): Promise<{ outputs: Output[]; dead?: DeadRecord }> {
    const piece = { first: record.offset, end: record.offset + 1, records: [record] };
    const tries = newTries();
    let reason = listedReason;
    const dead = (cause: DeadRecord['cause']) => ({
      outputs: [],
      dead: { record, cause, reason, attempts: tries.calls + 1 },
    });
    for (;;) {
      let action = await attempt(piece, route, tries, stop);
      if (action.do === 'done') {
        const failure = action.dead[0] ?? action.alone[0];
        if (!failure) return { outputs: action.outputs };
        reason = failure.reason;
        if (failure.permanent) return dead('listed');
        if (tries.failed >= subscription.maxRetries) return dead('exhausted');
        action = { do: 'again', why: 'failed', alarm: false, reason };
      } else if (action.do === 'split' || action.do === 'bury') {
        reason = action.reason;
        return dead(action.do === 'bury' ? 'exhausted' : 'refused');
      }
      await patience.before(action, piece, tries, stop);
    }
  }

  async function finish(
    piece: Piece,
    action: Action & { do: 'done' },
    attempts: number,
    route: number,
    stop: Stop,
  ): Promise<Outcome> {
    const dead = listed(piece, action.dead, attempts);
    const { outputs } = action;
    for (const { record, reason } of listed(piece, action.alone, attempts)) {
      const alone = await sendAlone(record, reason, route, stop);
      outputs.push(...alone.outputs);
      if (alone.dead) dead.push(alone.dead);
    }
    // What was tried alone came late; the order of a partition is that of its input.
    if (action.alone.length > 0) outputs.sort((a, b) => a.offset - b.offset);
    metrics.records.inc({ ...labels, outcome: 'delivered' }, piece.records.length - dead.length);
    return { kind: 'done', outputs, dead };
  }

  return {
    async send(piece, route, stop) {
      const tries = newTries();
      metrics.records.inc({ ...labels, outcome: 'received' }, piece.records.length);
      for (;;) {
        const action = await attempt(piece, route, tries, stop);
        switch (action.do) {
          case 'done': {
            const [oldest] = piece.records;
            if (oldest) metrics.deliveryLatency.observe(labels, Math.max(0, now() - oldest.timestamp) / 1000);
            return finish(piece, action, tries.calls, route, stop);
          }
          case 'cut':
            return { kind: 'cut', dead: listed(piece, action.dead, tries.calls), traceId: tries.traceId };
          case 'bury': {
            const { reason } = action;
            const dead = piece.records.map((record): DeadRecord => {
              return { record, cause: 'exhausted', reason, attempts: tries.calls };
            });
            return { kind: 'done', outputs: [], dead };
          }
          case 'split':
            return { kind: 'split', reason: action.reason, attempts: tries.calls, traceId: tries.traceId };
          default:
            await patience.before(action, piece, tries, stop);
        }
      }
    },
  };
}

/** The records that a list of failures names. */
function listed(piece: Piece, failures: readonly FailedItem[], attempts: number): DeadRecord[] {
  if (failures.length === 0) return [];
  const byOffset = new Map(piece.records.map((record) => [record.offset, record]));
  return failures.map(({ offset, reason }) => ({
    record: byOffset.get(offset) as FetchedRecord,
    cause: 'listed',
    reason,
    attempts,
  }));
}
