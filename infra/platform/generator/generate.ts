import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';

/** What `generate` answers about a run; more than this is in it. */
const answerSchema = z.looseObject({
  run_id: z.string(),
  done: z.boolean(),
  /** Records written so far, over all calls. */
  produced: z.number(),
  valid: z.number(),
  invalid: z.number(),
  history: z.number(),
});

export type GenerateAnswer = z.output<typeof answerSchema>;

/**
 * Calls `generate` again and again until the run is done. The run keeps its progress with its events in Kafka:
 * whatever happens to a call, the next one with the same run id goes on where the events are.
 *
 * @param until asked after each call: true leaves the run there.
 * @param parameters what the run is, the same at every call, `run_id` among it.
 * @throws PipelineError `GENERATE` when the function refuses the run (400, 409), or nothing was written for `patienceMs`.
 */
export async function generateUntilDone({
  gatewayUrl,
  parameters,
  sliceSeconds,
  patienceMs = 300_000,
  signal,
  until = () => false,
  onProgress = () => {},
  onTrouble = () => {},
}: {
  gatewayUrl: string;
  parameters: Readonly<Record<string, unknown>>;
  sliceSeconds: number;
  patienceMs?: number;
  signal?: AbortSignal;
  until?: () => boolean;
  onProgress?: (answer: GenerateAnswer) => void;
  onTrouble?: (reason: string) => void | Promise<void>;
}): Promise<GenerateAnswer> {
  let lastGood = Date.now();
  for (;;) {
    signal?.throwIfAborted();
    try {
      const answer = await generateOnce({ gatewayUrl, parameters, sliceSeconds, signal });
      lastGood = Date.now();
      onProgress(answer);
      if (answer.done || until()) return answer;
    } catch (error) {
      if (signal?.aborted || error instanceof PipelineError) throw error;
      if (Date.now() - lastGood > patienceMs) {
        throw new PipelineError(
          'GENERATE',
          `generate has not answered well for ${patienceMs / 1000} s: ${messageOf(error)}; see \`make logs\``,
        );
      }
      await onTrouble(messageOf(error));
      await delay(500, undefined, signal ? { signal } : {});
    }
  }
}

/** One call: up to `sliceSeconds` of the run. */
export async function generateOnce({
  gatewayUrl,
  parameters,
  sliceSeconds,
  signal,
}: {
  gatewayUrl: string;
  parameters: Readonly<Record<string, unknown>>;
  sliceSeconds: number;
  signal?: AbortSignal | undefined;
}): Promise<GenerateAnswer> {
  const limit = AbortSignal.timeout(sliceSeconds * 1000 + 60_000);
  const response = await fetch(`${gatewayUrl}/function/generate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...parameters, max_seconds: sliceSeconds }),
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  const text = await response.text();
  // The other 409, a call of the same run that still goes on, passes.
  if (response.status === 400 || (response.status === 409 && text.includes('"differing"'))) {
    throw new PipelineError('GENERATE', `generate refuses the run: ${text}`);
  }
  if (!response.ok) throw new Error(`generate answers ${response.status}: ${text.slice(0, 300)}`);
  return answerSchema.parse(JSON.parse(text));
}
