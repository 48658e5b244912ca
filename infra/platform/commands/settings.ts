import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardJson } from '../../grafana/dashboard.ts';
import { dashboards } from '../../grafana/dashboards.ts';
import { metricTable } from '../../prometheus/metric-table.ts';
import { metricSections } from '../../prometheus/metrics-of-code.ts';
import { projectRoot } from '../paths.ts';
import { envExample, withSettings } from '../setting-tables.ts';
import { main } from './main.ts';

/** `make settings`: .env.example, the README's table of settings, docs/metrics.md and Grafana's files, from the code. */
await main(async () => {
  const readme = join(projectRoot, 'README.md');
  writeFileSync(readme, withSettings(readFileSync(readme, 'utf8')));
  writeFileSync(join(projectRoot, '.env.example'), envExample());
  writeFileSync(join(projectRoot, 'docs/metrics.md'), metricTable(await metricSections()));
  for (const dashboard of dashboards) {
    writeFileSync(
      join(projectRoot, `infra/grafana/dashboards/${dashboard.uid}.json`),
      dashboardJson(dashboard),
    );
  }
});
