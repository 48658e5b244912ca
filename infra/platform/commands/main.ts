import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import { loadDotEnv } from '../dot-env.ts';
import { colour } from '../terminal/colour.ts';

/**
 * Runs a command: expected errors become their message and exit code 1, others keep their stack.
 * A number that the command answers is its exit code.
 * Ends the process, so that no open connection keeps a finished command waiting.
 */
export async function main(command: () => Promise<unknown>): Promise<never> {
  // `make logs | head` is no error.
  process.stdout.on('error', () => process.exit(0));
  loadDotEnv();
  try {
    const result = await command();
    process.exit(typeof result === 'number' ? result : 0);
  } catch (error) {
    const text = error instanceof PipelineError ? messageOf(error) : String((error as Error).stack ?? error);
    process.stderr.write(`${colour('red', 'error:')} ${text}\n`);
    process.exit(1);
  }
}
