import { z } from 'zod';
import { PipelineError } from '../../../shared/errors/index.ts';

const schema = z.strictObject({ name: z.string().min(1) });

/** Which part an action is about. @throws PipelineError `PART_NAME` when the body does not say. */
export function parsePartName(body: unknown): z.output<typeof schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new PipelineError('PART_NAME', `names no part: ${z.prettifyError(result.error)}`);
}
