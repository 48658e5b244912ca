import type { DeliveryMode, OnError } from '../functions/subscription.ts';
import { type Answer, type FailedItem, type Output, readResult } from './answer.ts';

/** What to do with a piece of a partition after a call. */
export type Action =
  /** It is done; `failures` are dead letters (permanent) or are to be tried alone. */
  | { do: 'done'; outputs: Output[]; dead: FailedItem[]; alone: FailedItem[] }
  /** Ranges: nothing was written. The failures become dead letters, what lies between is sent as pieces. */
  | { do: 'cut'; dead: FailedItem[] }
  /** Nothing was written: send the halves; a single record becomes a dead letter. */
  | { do: 'split'; reason: string }
  /** The function wants fewer calls: wait, count no attempt. */
  | { do: 'pause'; retryAfterMs: number | undefined; reason: string }
  /** Not deployed: wait. */
  | { do: 'absent' }
  /** Send exactly the same again. */
  | { do: 'again'; why: 'unknown' | 'failed'; alarm: boolean; reason: string }
  /** Tries are used up: all records of the piece become dead letters. */
  | { do: 'bury'; reason: string };

export interface Situation {
  mode: DeliveryMode;
  onError: OnError;
  /** Tries that failed for no stated reason, this one not counted. */
  failedTries: number;
  maxRetries: number;
  topicPartition: string;
  has: (offset: number) => boolean;
  wantsOutputs: boolean;
}

/**
 * What an answer means, row by row:
 *
 * | answer                    | transactional, at-least-once                        | ranges                          |
 * |---------------------------|-----------------------------------------------------|---------------------------------|
 * | 2xx                       | done; listed: permanent → dead, else alone          | done; a list: nothing written   |
 * | 429, 503                  | pause, count nothing                                | the same                        |
 * | none, 502, 504            | unknown: again                                      | the same range again            |
 * | 400, 413, 422             | split                                               | split if echoed, else as 500    |
 * | 404                       | not deployed: wait                                  | the same                        |
 * | 500, the rest             | again; after max-retries as on-error says           | the same range again, for ever  |
 */
export function decide(answer: Answer, situation: Situation): Action {
  if (answer.kind === 'none') return { do: 'again', why: 'unknown', alarm: false, reason: answer.reason };
  const { status } = answer;
  if (status >= 200 && status < 300) return decideSuccess(answer, situation);
  const reason = `HTTP ${status}${excerpt(answer.body)}`;
  switch (status) {
    case 429:
    case 503:
      return { do: 'pause', retryAfterMs: answer.retryAfterMs, reason };
    case 502:
    case 504:
      return { do: 'again', why: 'unknown', alarm: false, reason };
    case 404:
      return { do: 'absent' };
    case 400:
    case 413:
    case 422:
      // Without the echo it may be a proxy's answer while the function went on and wrote.
      if (situation.mode === 'ranges' && !answer.echoed) return decideFailure(reason, situation);
      return { do: 'split', reason };
    default:
      return decideFailure(reason, situation);
  }
}

function decideSuccess(answer: Answer & { kind: 'response' }, situation: Situation): Action {
  const result = readResult(answer, situation);
  if (typeof result === 'string') return decideFailure(result, situation);
  if (situation.mode === 'ranges') {
    return result.failures.length > 0
      ? { do: 'cut', dead: result.failures }
      : { do: 'done', outputs: [], dead: [], alone: [] };
  }
  const failed = new Set(result.failures.map(({ offset }) => offset));
  return {
    do: 'done',
    outputs: failed.size === 0 ? result.outputs : result.outputs.filter((o) => !failed.has(o.offset)),
    dead: result.failures.filter(({ permanent }) => permanent),
    alone: result.failures.filter(({ permanent }) => !permanent),
  };
}

function decideFailure(reason: string, situation: Situation): Action {
  const usedUp = situation.failedTries >= situation.maxRetries;
  if (!usedUp) return { do: 'again', why: 'failed', alarm: false, reason };
  if (situation.mode === 'ranges' || situation.onError === 'block') {
    return { do: 'again', why: 'failed', alarm: true, reason };
  }
  return situation.onError === 'split' ? { do: 'split', reason } : { do: 'bury', reason };
}

/** The first words of an error answer, for logs and dead letters. */
function excerpt(body: Buffer): string {
  if (body.length === 0) return '';
  const text = body.toString('utf8', 0, 500);
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return `: ${error.slice(0, 300)}`;
  } catch {
    // Not our error form: show it as it is.
  }
  return `: ${text.replaceAll(/\s+/g, ' ').slice(0, 300)}`;
}
