import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../infra/platform/commands/main.ts';
import { table } from '../../infra/platform/terminal/table.ts';
import { readSettings } from '../../shared/config/index.ts';
import { ratios } from './measure.ts';
import { stagesOf } from './path.ts';

const file = join(import.meta.dirname, 'baseline.json');
/** Two measurements of one commit differed by up to 15 %, on a machine with ten times the work it can do by up to 35 %. */
const allowed = 1.4;
/** What looks dearer is measured again: what is dearer stays so. */
const attempts = 3;

/** `make guard`: fails when an event costs clearly more than it did; `GUARD_WRITE=1` stores what it costs now. */
await main(async () => {
  const stages = stagesOf({ events: 1000, categoriesFile: readSettings(process.env).categoriesFile });
  const measure = () => ratios(stages, { warmUp: 8, rounds: 16 });
  const found = measure();
  if (process.env.GUARD_WRITE === '1') {
    const rounded = [...found].map(([name, ratio]) => [name, Math.round(ratio * 100) / 100]);
    writeFileSync(file, `${JSON.stringify(Object.fromEntries(rounded), null, 2)}\n`);
  }
  const baseline: Record<string, number> = JSON.parse(readFileSync(file, 'utf8'));
  const isDearer = (name: string) => (found.get(name) ?? 0) > (baseline[name] ?? 0) * allowed;
  for (let attempt = 1; attempt < attempts && [...found.keys()].some(isDearer); attempt++) {
    for (const [name, ratio] of measure()) found.set(name, Math.min(ratio, found.get(name) ?? ratio));
  }
  const rows = [...found].map(([name, ratio]) => [
    name,
    ratio,
    baseline[name],
    isDearer(name) ? 'dearer' : 'as before',
  ]);
  console.log(table(['processor time, JSON loop = 1', 'now', 'stored', ''], rows));
  return [...found.keys()].some(isDearer) ? 1 : 0;
});
