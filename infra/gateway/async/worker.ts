import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../../shared/log/index.ts';
import type { Provider } from '../provider/provider.ts';
import { type CallAnswer, send } from './call.ts';
import type { QueuedCall } from './envelope.ts';
import { nextWaitMs, retryPolicyOf } from './retry-policy.ts';

export interface WorkerOptions {
  /** The gateway itself. */
  gatewayUrl: string;
  provider: Pick<Provider, 'get'>;
  log: Logger;
  /** `ok`, `failed` (answered, not to be tried again), `gave-up` (tried as often as allowed). */
  onEnd(name: string, outcome: 'ok' | 'failed' | 'gave-up'): void;
}

/**
 * Makes a queued call, again as its function's annotations allow, and sends the answer to its callback address.
 * Rejects only when `signal` is aborted: then the call is not done, and is made anew by the next gateway.
 */
export type Worker = (call: QueuedCall, signal: AbortSignal) => Promise<void>;

export function createWorker({ gatewayUrl, provider, log, onEnd }: WorkerOptions): Worker {
  return async (call, signal) => {
    const { name, callId } = call;
    const startedAtMs = Date.now();
    let answer: CallAnswer;
    for (let attempt = 1; ; attempt++) {
      answer = await send({
        url: gatewayUrl,
        path: `/function/${name}${call.path}`,
        method: call.method,
        headers: call.headers,
        body: call.body,
        signal,
      });
      signal.throwIfAborted();
      const policy = retryPolicyOf(provider.get(name)?.deployment.annotations);
      const waitMs = nextWaitMs(policy, answer.status, attempt, Math.random());
      if (waitMs === undefined) {
        const again = answer.status === 0 || policy.codes.has(answer.status);
        onEnd(name, again ? 'gave-up' : answer.status < 400 ? 'ok' : 'failed');
        if (answer.status >= 400 || again) {
          log.warn({ function: name, callId, status: answer.status, attempt }, 'a queued call failed');
        }
        break;
      }
      log.info(
        { function: name, callId, status: answer.status, attempt, waitMs },
        'a queued call is made again',
      );
      await delay(waitMs, undefined, { signal });
    }
    if (call.callbackUrl !== undefined) await callBack(call, answer, startedAtMs, signal);
  };

  async function callBack(
    call: QueuedCall,
    answer: CallAnswer,
    startedAtMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { name, callId, callbackUrl = '' } = call;
    for (let attempt = 1; attempt <= 5; attempt++) {
      const { status } = await send({
        url: callbackUrl,
        method: 'POST',
        headers: [
          'Host',
          new URL(callbackUrl).host,
          'X-Call-Id',
          callId,
          'X-Function-Name',
          name,
          'X-Function-Status',
          String(answer.status === 0 ? 502 : answer.status),
          'X-Start-Time',
          `${BigInt(startedAtMs) * 1_000_000n}`,
          'X-Duration-Seconds',
          ((Date.now() - startedAtMs) / 1000).toFixed(6),
          'Content-Type',
          answer.contentType ?? 'application/octet-stream',
        ],
        body: answer.body,
        timeoutMs: 30_000,
        signal,
      });
      signal.throwIfAborted();
      if (status > 0 && status < 500 && status !== 429) return;
      log.warn({ function: name, callId, callbackUrl, status, attempt }, 'a callback was not taken');
      if (attempt < 5) await delay(500 * 2 ** attempt, undefined, { signal });
    }
  }
}
