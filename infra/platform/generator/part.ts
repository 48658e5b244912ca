import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Settings } from '../../../shared/config/index.ts';
import type { Part } from '../part.ts';
import { type Paths, pathsOf, projectRoot } from '../paths.ts';
import { type GeneratorRun, parseGenerator } from './run.ts';

const fileOf = (paths: Paths) => join(paths.data, 'generator.json');

/** Seconds after which a process that touches its file each second is taken for frozen. */
const silentAfterSeconds = 4;

/** The process that keeps `generate` going in the background: `make start-pipeline`. */
export function generatorPart({ settings, run }: { settings: Settings; run: GeneratorRun }): Part {
  const file = fileOf(pathsOf(settings));
  return {
    name: 'generator',
    command: [process.execPath, join(import.meta.dirname, 'main.ts')],
    cwd: projectRoot,
    env: {
      GATEWAY_URL: settings.gatewayUrl,
      GENERATOR_RUN: JSON.stringify(run),
      GENERATOR_FILE: file,
      LOG_LEVEL: settings.logLevel,
      LOG_FORMAT: 'json',
    },
    ports: [],
    after: ['gateway'],
    ends: true,
    stopTimeoutMs: 5000,
    // It has no address to ask; it touches the file of its run.
    health: async () => {
      const detail = `run ${run.runId}, ${run.rate} events/s`;
      const touchedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      const ok = Date.now() - touchedMs < silentAfterSeconds * 1000;
      return ok ? { ok, detail } : { ok, detail: `${detail}: no sign of life for ${silentAfterSeconds} s` };
    },
  };
}

/** So that a supervisor that had to be started again goes on with the run; `make down` ends it. */
export function rememberGenerator(paths: Paths, run: GeneratorRun): void {
  mkdirSync(dirname(fileOf(paths)), { recursive: true });
  writeFileSync(fileOf(paths), JSON.stringify(run));
}

export function forgetGenerator(paths: Paths): void {
  rmSync(fileOf(paths), { force: true });
}

export function readGenerator(paths: Paths): GeneratorRun | undefined {
  try {
    return parseGenerator(JSON.parse(readFileSync(fileOf(paths), 'utf8')));
  } catch {
    return undefined;
  }
}
