import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { stopCluster } from '../../compose/cluster.ts';
import { bringDown } from '../bring-down.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make clean`: stops the platform and removes its data, after asking; `YES=1` answers. Downloads stay. */
await main(async () => {
  const settings = platformSettings();
  const { root, downloads } = pathsOf(settings);
  if (!existsSync(root)) {
    console.log(`There is nothing to remove: no ${root}.`);
    return 0;
  }
  if (!(await agreed(`Stop the platform and remove all its data in ${root} (downloads stay)?`))) {
    console.log('Nothing was removed.');
    return 1;
  }
  await bringDown(settings);
  if (settings.engines === 'compose') await stopCluster(settings, { volumes: true });
  for (const name of readdirSync(root)) {
    if (join(root, name) !== downloads) rmSync(join(root, name), { recursive: true, force: true });
  }
  console.log(`Removed the data in ${root}; downloads stay.`);
  return 0;
});

async function agreed(text: string): Promise<boolean> {
  if (process.env.YES === '1') return true;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // At the end of the input there is no answer, which is a no.
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  const answer = await Promise.race([lines.question(`${text} [y/N] `), ended]);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}
