import { PipelineError } from '../../../shared/errors/index.ts';

/** The text in `Q`. @throws PipelineError with an example when there is none. */
export function question(example: string): string {
  const text = process.env.Q?.trim();
  if (!text) throw new PipelineError('NO_QUESTION', `Q is missing: ${example}`);
  return text;
}
