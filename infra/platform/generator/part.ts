import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Settings } from '../../../shared/config/index.ts';
import type { Part } from '../part.ts';
import { type Paths, pathsOf, projectRoot } from '../paths.ts';
import { type GeneratorRun, parseGenerator } from './run.ts';

const fileOf = (paths: Paths) => join(paths.data, 'generator.json');

/** The process that keeps `generate` going in the background: `make start-pipeline`. */
export function generatorPart({ settings, run }: { settings: Settings; run: GeneratorRun }): Part {
  return {
    name: 'generator',
    command: [process.execPath, join(import.meta.dirname, 'main.ts')],
    cwd: projectRoot,
    env: {
      GATEWAY_URL: settings.gatewayUrl,
      GENERATOR_RUN: JSON.stringify(run),
      GENERATOR_FILE: fileOf(pathsOf(settings)),
      LOG_LEVEL: settings.logLevel,
      LOG_FORMAT: 'json',
    },
    ports: [],
    after: ['gateway'],
    ends: true,
    stopTimeoutMs: 5000,
    health: async () => ({ ok: true, detail: `run ${run.runId}, ${run.rate} events/s` }),
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
