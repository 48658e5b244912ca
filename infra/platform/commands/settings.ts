import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricTable } from '../../prometheus/metric-table.ts';
import { metricSections } from '../../prometheus/metrics-of-code.ts';
import { projectRoot } from '../paths.ts';
import { envExample, withSettings } from '../setting-tables.ts';
import { main } from './main.ts';

/** `make settings`: .env.example, the README's table of settings and docs/metrics.md, from the code. */
await main(async () => {
  const readme = join(projectRoot, 'README.md');
  writeFileSync(readme, withSettings(readFileSync(readme, 'utf8')));
  writeFileSync(join(projectRoot, '.env.example'), envExample());
  writeFileSync(join(projectRoot, 'docs/metrics.md'), metricTable(await metricSections()));
});
