import type { Settings } from '../../shared/config/index.ts';
import { stopCluster } from '../compose/cluster.ts';
import { forgetGenerator } from './generator/part.ts';
import { platformParts } from './parts.ts';
import { pathsOf } from './paths.ts';
import { adoptProcess } from './process.ts';
import { askStatus, askStop, waitUntilEnded } from './supervisor/client.ts';
import { createPidFiles } from './supervisor/pid-file.ts';
import { tick } from './terminal/progress.ts';

/** Stops everything, each part before those it needs. @returns whether there was something to stop. */
export async function bringDown(settings: Settings): Promise<boolean> {
  const paths = pathsOf(settings);
  forgetGenerator(paths);
  const shown = new Set<string>();
  const supervisorPid = await askStop(settings);
  if (supervisorPid !== undefined) {
    await waitUntilEnded(supervisorPid, async () => {
      for (const { name, state } of (await askStatus(settings))?.parts ?? []) {
        if (state !== 'stopped' || shown.has(name)) continue;
        shown.add(name);
        tick(name, 'stopped');
      }
    });
  }
  const left = await stopOrphans(settings);
  if (supervisorPid !== undefined) tick('supervisor', 'stopped');
  const containers = settings.engines === 'compose' && (await stopCluster(settings));
  return supervisorPid !== undefined || left || containers;
}

/** What a supervisor that was killed left behind. */
async function stopOrphans(settings: Settings): Promise<boolean> {
  const pidFiles = createPidFiles({ folder: pathsOf(settings).run });
  let found = false;
  for (const part of (await platformParts(settings)).reverse()) {
    const living = pidFiles.living(part.name);
    if (living) {
      found = true;
      await adoptProcess(part, living).stop();
      tick(part.name, 'stopped');
    }
    pidFiles.remove(part.name);
  }
  return found;
}
