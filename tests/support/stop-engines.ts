import { rmSync } from 'node:fs';
import { running } from './running-engines.ts';

/** Jest's global teardown: stops what start-engines.ts started and removes its data. */
export default async function stopEngines(): Promise<void> {
  await Promise.all(running.processes.map((process) => process.stop()));
  running.processes.length = 0;
  if (running.dataDir) rmSync(running.dataDir, { recursive: true, force: true });
}
