import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Dashboard, dashboardJson } from '../../../infra/grafana/dashboard.ts';
import { dashboards } from '../../../infra/grafana/dashboards.ts';
import { namesIn } from '../prometheus/names-in.ts';
import { knownSeries, metricSectionsOfCode, root } from '../prometheus/rules.ts';

const folder = join(root, 'infra/grafana/dashboards');
let known: ReturnType<typeof knownSeries>;
beforeAll(() => {
  known = knownSeries(metricSectionsOfCode().flatMap(({ metrics }) => metrics));
}, 60_000);

test('dashboards/ is what `make settings` writes', () => {
  expect(readdirSync(folder).sort()).toEqual(dashboards.map(({ uid }) => `${uid}.json`).sort());
});

describe.each(dashboards.map((dashboard) => [dashboard.title, dashboard] as const))('%s', (_, dashboard) => {
  test('its file is up to date', () => {
    expect(readFileSync(join(folder, `${dashboard.uid}.json`), 'utf8')).toBe(dashboardJson(dashboard));
  });

  test('every panel asks for metrics and labels that there are, and names its series by them', () => {
    const faults = dashboard.panels.flatMap(({ title, queries }) =>
      queries.flatMap(({ expr, legend }) => {
        const { metrics, labels } = namesIn(expr);
        const inLegend = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string);
        const foreign = [...labels, ...inLegend].filter(
          (label) => !metrics.some((name) => known.get(name)?.has(label)),
        );
        const unknown = metrics.filter((name) => !known.has(name));
        return [...(metrics.length === 0 ? [expr] : []), ...unknown, ...foreign].map(
          (name) => `${title}: ${name}`,
        );
      }),
    );
    expect(faults).toEqual([]);
    for (const { metric, label } of dashboard.variables ?? [])
      expect(known.get(metric)?.has(label)).toBe(true);
  });

  test('panels have names of their own and do not lie on each other', () => {
    const { panels } = JSON.parse(dashboardJson(dashboard)) as {
      panels: { title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

test('the containers’ Grafana finds data source and dashboards where they are mounted', () => {
  const read = (file: string) => parse(readFileSync(join(root, 'infra', file), 'utf8'));
  const { environment, volumes } = read('compose/docker-compose.yml').services.grafana;
  const mounted = volumes.find((volume: string) => volume.startsWith('../grafana:')).split(':')[1];
  expect(environment.GF_PATHS_PROVISIONING).toBe(`${mounted}/provisioning`);
  const [provider] = read('grafana/provisioning/dashboards/pipeline.yml').providers;
  expect(provider.options.path).toBe(`${mounted}/dashboards`);
  const [source] = read('grafana/provisioning/datasources/prometheus.yml').datasources;
  expect(JSON.parse(dashboardJson(dashboards[0] as Dashboard)).panels[0].datasource).toEqual({
    type: source.type,
    uid: source.uid,
  });
  expect(environment).toHaveProperty(source.url.replace(/[${}]/g, ''));
});
