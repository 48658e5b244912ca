import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { PipelineError } from '../../../shared/errors/index.ts';

const schema = z.strictObject({
  runId: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  /** Events a second. */
  rate: z.number().int().min(1),
  durationSeconds: z.number().int().min(1).optional(),
});

/** A run of `generate` in the background. */
export type GeneratorRun = z.output<typeof schema>;

/** @throws PipelineError `GENERATOR` when it is not one. */
export function parseGenerator(value: unknown): GeneratorRun {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new PipelineError('GENERATOR', `not a run of the generator: ${z.prettifyError(result.error)}`);
}

/** A name for a new run, such as `live-20261122T101530-3fa9c1`. */
export function newRunId(prefix: string, now: Date = new Date()): string {
  const time = now.toISOString().replace(/[-:]|\.\d+Z$/g, '');
  return `${prefix}-${time}-${randomBytes(3).toString('hex')}`;
}
