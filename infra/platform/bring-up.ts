import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../../shared/config/index.ts';
import { PipelineError } from '../../shared/errors/index.ts';
import { startCluster } from '../compose/cluster.ts';
import { deployment } from '../compose/deployment.ts';
import { deploy } from '../gateway/deploy.ts';
import { downloadEngines } from './downloads.ts';
import { initialise } from './initialise.ts';
import type { Part } from './part.ts';
import { platformParts } from './parts.ts';
import { logFileOf, pathsOf, projectRoot } from './paths.ts';
import { persist } from './persist.ts';
import { differingSettings, settingFingerprints } from './platform-settings.ts';
import { checkPorts } from './ports.ts';
import { askResume, askStatus, ensureSupervisor } from './supervisor/client.ts';
import { createPidFiles } from './supervisor/pid-file.ts';
import type { PartReport, PlatformReport } from './supervisor/platform-report.ts';
import { tick } from './terminal/progress.ts';

/** Failures in a row after which a part that does not start is taken for broken. */
const hopeless = 4;

/**
 * Makes the platform run, whatever it did before: engines, gateway, connector, topics, schemas, functions.
 * Prints a line for each. Where all of it is there already it changes nothing.
 *
 * @throws PipelineError that says what stands in the way.
 */
export async function bringUp(settings: Settings): Promise<void> {
  await bringUpParts(settings);
  await persist(settings, () => initialise(settings));
  process.chdir(projectRoot);
  let functions = 0;
  const deployAll = () => {
    functions = 0;
    return deploy({
      ...(settings.engines === 'compose' ? deployment(settings) : { settings }),
      onProgress: (line) => {
        if (line.endsWith(': ready')) functions += 1;
      },
    });
  };
  await persist(settings, deployAll, { patienceMs: 30_000 });
  tick('functions', `${functions} of stack.yml are ready`);
}

/** Engines, gateway and connector, without what goes into them. */
export async function bringUpParts(settings: Settings): Promise<void> {
  if (settings.engines === 'compose') await startCluster(settings, { onProgress: tick });
  const running = await askStatus(settings);
  if (running) checkSameSettings(running, settings);
  else {
    await downloadEngines(settings);
    await checkPorts(settings.bindAddress, await partsToStart(settings));
  }
  const report = running ?? (await ensureSupervisor(settings));
  for (const { name, state } of report.parts) if (state === 'stopped') await askResume(settings, name);
  const shown = new Set<string>();
  const notes = report.parts.flatMap((part) => part.notes);
  await untilReady(settings, (part) => {
    if (part.state !== 'ready' || shown.has(part.name)) return;
    shown.add(part.name);
    const took = running ? '' : `, ready after ${((part.readyAfterMs ?? 0) / 1000).toFixed(1)} s`;
    tick(part.name, `${part.detail}${took}`);
  });
  for (const note of notes) console.log(`  note: ${note}`);
}

/** Parts that have no process yet; a supervisor that was killed leaves them running. */
async function partsToStart(settings: Settings): Promise<Part[]> {
  const pidFiles = createPidFiles({ folder: pathsOf(settings).run });
  return (await platformParts(settings)).filter((part) => !pidFiles.living(part.name));
}

function checkSameSettings(running: PlatformReport, settings: Settings): void {
  const differing = differingSettings(running.settings, settingFingerprints(settings));
  if (differing.length === 0) return;
  throw new PipelineError(
    'OTHER_SETTINGS',
    `The platform runs with another ${differing.join(', ')}: \`make down\` first, then it takes the new settings`,
  );
}

async function untilReady(settings: Settings, onPart: (part: PartReport) => void): Promise<void> {
  for (;;) {
    // Brings back a supervisor that was killed meanwhile.
    const { parts } = await ensureSupervisor(settings);
    const wanted = parts.filter((part) => part.name !== 'generator');
    wanted.forEach(onPart);
    if (wanted.every((part) => part.state === 'ready')) return;
    const broken = wanted.find((part) => part.failures >= hopeless);
    if (broken) {
      throw new PipelineError(
        'PART',
        `${broken.name} does not start: ${broken.detail}\nIts log: ${logFileOf(pathsOf(settings), broken.name)}`,
      );
    }
    await delay(150);
  }
}
