import type { Settings } from '../../../shared/config/index.ts';
import { readGenerator } from '../generator/part.ts';
import { pathsOf } from '../paths.ts';
import { askGenerator, askGeneratorStop } from '../supervisor/client.ts';

/** Does `work` while the background generator, should it run, pauses: what is counted must not grow meanwhile. */
export async function withGeneratorPaused<T>(settings: Settings, work: () => Promise<T>): Promise<T> {
  const run = readGenerator(pathsOf(settings));
  if (run === undefined) return work();
  console.log(`The background generator (run ${run.runId}) pauses until this is done.`);
  await askGeneratorStop(settings);
  try {
    return await work();
  } finally {
    await askGenerator(settings, run);
  }
}
