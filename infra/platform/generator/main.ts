import { rmSync, utimes } from 'node:fs';
import { z } from 'zod';
import { createLogger } from '../../../shared/log/index.ts';
import { generateUntilDone } from './generate.ts';
import { parseGenerator } from './run.ts';

/** The background process of `make start-pipeline`: calls `generate` in slices until the run is done. */
const environment = z
  .object({ GATEWAY_URL: z.url(), GENERATOR_RUN: z.string(), GENERATOR_FILE: z.string() })
  .parse(process.env);
const log = createLogger('generator');
const run = parseGenerator(JSON.parse(environment.GENERATOR_RUN));
const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
process.on('SIGINT', () => stopping.abort());

// By this the supervisor sees that we run. A file that is not there yet, or any more, needs no sign.
const signOfLife = () => utimes(environment.GENERATOR_FILE, new Date(), new Date(), () => {});
signOfLife();
setInterval(signOfLife, 1000).unref();

try {
  await generateUntilDone({
    gatewayUrl: environment.GATEWAY_URL,
    parameters: {
      run_id: run.runId,
      rate: run.rate,
      ...(run.durationSeconds === undefined ? {} : { duration_seconds: run.durationSeconds }),
    },
    sliceSeconds: 20,
    patienceMs: Number.POSITIVE_INFINITY,
    signal: stopping.signal,
    onProgress: ({ produced }) => log.info({ runId: run.runId, produced }, 'writing'),
    onTrouble: (reason) => log.warn({ runId: run.runId }, `tries again: ${reason}`),
  });
  log.info({ runId: run.runId }, 'done');
  rmSync(environment.GENERATOR_FILE, { force: true });
} catch (error) {
  if (!stopping.signal.aborted) throw error;
}
