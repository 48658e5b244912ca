import { setTimeout as delay } from 'node:timers/promises';
import type { Stop, Tries } from './attempt.ts';
import { backoffMs } from './backoff.ts';
import { batchIdOf } from './batch-id.ts';
import { StoppedError, type WorkerContext } from './context.ts';
import type { Action } from './decide.ts';
import type { Piece } from './pieces.ts';

export interface Patience {
  /** Waits as an action says before the same piece is sent again. */
  before(action: Action, piece: Piece, tries: Tries, stop: Stop): Promise<void>;
  /** Waits for a stated reason, which the metrics show meanwhile. */
  wait(ms: number, reason: WaitReason, stop: Stop): Promise<void>;
  /** Why the partition waits at present. */
  reason(): WaitReason | undefined;
}

/**
 * asked: the function wants fewer calls; absent: it is not deployed; backoff: it failed or did not answer;
 * blocked: it failed more often than max-retries; route: an old range holds up the route.
 */
export type WaitReason = 'asked' | 'absent' | 'backoff' | 'blocked' | 'route';

const UNKNOWN = { baseMs: 100, capMs: 5000 };
const FAILED = { baseMs: 250, capMs: 30_000 };
const ABSENT = { baseMs: 500, capMs: 5000 };
const PAUSED = { baseMs: 100, capMs: 5000 };
const LONGEST_PAUSE_MS = 300_000;

export function createPatience(context: WorkerContext): Patience {
  const { subscription, topic, partition, metrics, log, random } = context;
  const labels = { function: subscription.functionName };
  const where = { ...labels, topic: topic.name, partition };
  let current: WaitReason | undefined;

  async function wait(ms: number, reason: WaitReason, { soft, hard }: Stop): Promise<void> {
    current = reason;
    metrics.paused.set({ ...where, reason }, 1);
    try {
      await delay(ms, undefined, { signal: soft }).catch(() => {});
    } finally {
      current = undefined;
      metrics.paused.remove({ ...where, reason });
    }
    if (soft.aborted || hard.aborted) throw new StoppedError();
  }

  return {
    wait,
    reason: () => current,
    before(action, piece, tries, stop) {
      const batchId = batchIdOf(context, piece);
      const what = { topic: topic.name, partition, batchId, traceId: tries.traceId };
      switch (action.do) {
        case 'pause': {
          const backoff = backoffMs(++tries.pauses, { ...PAUSED, random });
          const ms = Math.min(action.retryAfterMs ?? backoff, LONGEST_PAUSE_MS);
          if (tries.pauses === 1)
            log.warn({ ...what, ms, reason: action.reason }, 'the function asks to wait');
          metrics.retries.inc({ ...labels, reason: 'paused' });
          return wait(ms, 'asked', stop);
        }
        case 'absent': {
          if (++tries.absent === 1) log.warn(what, 'the function is not deployed; waiting for it');
          metrics.retries.inc({ ...labels, reason: 'absent' });
          return wait(backoffMs(tries.absent, { ...ABSENT, random }), 'absent', stop);
        }
        case 'again': {
          const unknown = action.why === 'unknown';
          const count = unknown ? ++tries.unknown : ++tries.failed;
          const ms = backoffMs(count, { ...(unknown ? UNKNOWN : FAILED), random });
          const line = { ...what, tries: tries.calls, ms, reason: action.reason };
          if (action.alarm) log.error(line, 'the function fails again and again; the partition is blocked');
          else log.warn(line, unknown ? 'no answer; sending the same again' : 'failed; trying again');
          metrics.retries.inc({ ...labels, reason: action.why });
          return wait(ms, action.alarm ? 'blocked' : 'backoff', stop);
        }
        default:
          return Promise.resolve();
      }
    },
  };
}
