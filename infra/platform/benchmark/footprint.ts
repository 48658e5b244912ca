import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../../shared/config/index.ts';
import { bringDown } from '../bring-down.ts';
import { bringUp } from '../bring-up.ts';
import { pathsOf, projectRoot } from '../paths.ts';
import { createCpuCounter, memoryOf, readUsage } from './usage.ts';

/** What the platform takes before any event comes. */
export interface Footprint {
  /** From nothing running to every part and function ready, over the data that was there. */
  startSeconds: number;
  /** Bytes on disk of what is installed. */
  installed: { packages: number; engines: number };
  idleSeconds: number;
  /** Milliseconds of processor a second, and bytes, by part and function. */
  idleCpu: Record<string, number>;
  idleMemory: Record<string, number>;
}

/** After a start garbage is collected and code compiled for a while: what comes then is called idle. */
const settleSeconds = 20;

/** Stops the platform, starts it, and watches it idle. */
export async function measureFootprint(
  settings: Settings,
  { idleSeconds }: { idleSeconds: number },
): Promise<Footprint> {
  await bringDown(settings);
  const startedAt = performance.now();
  await bringUp(settings);
  const startSeconds = (performance.now() - startedAt) / 1000;
  await delay(settleSeconds * 1000);
  const cpu = createCpuCounter();
  cpu.read(await readUsage(settings));
  await delay(idleSeconds * 1000);
  const last = await readUsage(settings);
  cpu.read(last);
  return {
    startSeconds,
    installed: {
      packages: bytesUnder(join(projectRoot, 'node_modules')),
      engines: bytesUnder(pathsOf(settings).downloads),
    },
    idleSeconds,
    idleCpu: Object.fromEntries(
      [...cpu.seconds()].map(([name, seconds]) => [name, (seconds * 1000) / idleSeconds]),
    ),
    idleMemory: memoryOf(last),
  };
}

function bytesUnder(folder: string): number {
  let total = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) total += lstatSync(join(entry.parentPath, entry.name)).size;
  }
  return total;
}
