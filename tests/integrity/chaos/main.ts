import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { bringDown } from '../../../infra/platform/bring-down.ts';
import { projectRoot } from '../../../infra/platform/paths.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';
import { runChaos } from './chaos.ts';
import { chaosEnvironment, temporaryDataDir } from './environment.ts';
import { list, number } from './options.ts';
import { addPart, partOf } from './part.ts';
import { renderReport } from './report.ts';
import { kinds, roles } from './schedule.ts';

/**
 * `make chaos`: CHAOS_SEED, CHAOS_FAULTS, CHAOS_EVENTS and KAFKA_BROKERS choose, CHAOS_ROLES and CHAOS_KINDS (comma
 * lists) narrow what is hit and how. Each run adds to CHAOS_REPORT (.pipeline/reports/chaos.json) and to the page
 * beside it, so that a long run can be done in parts. Exit code 1 if anything is lost or doubled.
 */
const seed = number('CHAOS_SEED', Math.floor(Math.random() * 1_000_000));
const faults = number('CHAOS_FAULTS', 100);
const events = number('CHAOS_EVENTS', 500_000);
const brokers = process.env.KAFKA_BROKERS === '3' ? 3 : 1;

const reportFile = resolve(projectRoot, process.env.CHAOS_REPORT || '.pipeline/reports/chaos.json');

console.log(`CHAOS_SEED=${seed} CHAOS_FAULTS=${faults} CHAOS_EVENTS=${events} KAFKA_BROKERS=${brokers}`);
const at = new Date();
const dataDir = temporaryDataDir('chaos');
const env = await chaosEnvironment({ dataDir, brokers });
let green = false;
try {
  const result = await runChaos({
    seed,
    faults,
    events,
    roles: list('CHAOS_ROLES', roles),
    kinds: list('CHAOS_KINDS', kinds),
    env,
    onLine: (line) => console.log(line),
  });
  const { proof } = result;
  const part = partOf(result, { seed, brokers, at });
  const page = reportFile.replace(/\.json$/, '.md');
  writeFileSync(page, renderReport(addPart(reportFile, part)));
  console.log(`\n${renderReport([part])}\nAll parts: ${page}`);
  for (const { examples } of [proof.transform, proof.mongodb, proof.clickhouse]) {
    for (const example of examples) console.log(example);
  }
  green = part.lost === 0 && part.doubled === 0;
} finally {
  await bringDown(platformSettings());
  if (green) rmSync(dataDir, { recursive: true });
  else console.log(`CHAOS_SEED=${seed} repeats this schedule; the data is in ${dataDir}`);
}
process.exit(green ? 0 : 1);
