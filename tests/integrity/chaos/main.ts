import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bringDown } from '../../../infra/platform/bring-down.ts';
import { projectRoot } from '../../../infra/platform/paths.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';
import { runChaos } from './chaos.ts';
import { chaosEnvironment } from './environment.ts';
import { renderReport } from './report.ts';
import { kinds, roles } from './schedule.ts';

/**
 * `make chaos`: CHAOS_SEED, CHAOS_FAULTS, CHAOS_EVENTS and KAFKA_BROKERS choose, CHAOS_ROLES and CHAOS_KINDS (comma
 * lists) narrow what is hit and how. Exit code 1 if anything is lost or doubled.
 */
const number = (name: string, fallback: number): number => {
  const value = Number(process.env[name] || fallback);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} must be a whole number`);
  return value;
};
const list = <T extends string>(name: string, known: readonly T[]): T[] | undefined =>
  process.env[name]?.split(',').map((each) => {
    const found = known.find((one) => one === each.trim());
    if (found === undefined) throw new Error(`${name}: ${each} is none of ${known.join(', ')}`);
    return found;
  });
const seed = number('CHAOS_SEED', Math.floor(Math.random() * 1_000_000));
const faults = number('CHAOS_FAULTS', 100);
const events = number('CHAOS_EVENTS', 500_000);
const brokers = process.env.KAFKA_BROKERS === '3' ? 3 : 1;

console.log(`CHAOS_SEED=${seed} CHAOS_FAULTS=${faults} CHAOS_EVENTS=${events} KAFKA_BROKERS=${brokers}`);
const dataDir = mkdtempSync(join(tmpdir(), 'event-pipeline-chaos-'));
const downloads = resolve(projectRoot, '.pipeline', 'downloads');
mkdirSync(downloads, { recursive: true });
symlinkSync(downloads, join(dataDir, 'downloads'));
const env = await chaosEnvironment({ dataDir, brokers });
const report = await runChaos({
  seed,
  faults,
  events,
  roles: list('CHAOS_ROLES', roles),
  kinds: list('CHAOS_KINDS', kinds),
  env,
  onLine: (line) => console.log(line),
});
const text = renderReport(report, { brokers });
const file = resolve(projectRoot, '.pipeline', 'reports', `chaos-${seed}.md`);
mkdirSync(resolve(file, '..'), { recursive: true });
writeFileSync(file, text);
console.log(`\n${text}\nReport: ${file}`);
for (const proof of report.proofs) {
  for (const example of [
    ...proof.transform.examples,
    ...proof.mongodb.examples,
    ...proof.clickhouse.examples,
  ]) {
    console.log(example);
  }
}
await bringDown(platformSettings());
const green = report.lost === 0 && report.doubled === 0;
if (green) rmSync(dataDir, { recursive: true });
else console.log(`CHAOS_SEED=${seed} repeats this schedule; the data is in ${dataDir}`);
process.exit(green ? 0 : 1);
