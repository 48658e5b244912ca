import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { programOf, prometheusCommand, prometheusConfig } from '../../../infra/prometheus/command.ts';
import { testUnless } from '../../support/skip.ts';
import { namesIn } from './names-in.ts';
import { knownSeries, metricSectionsOfCode, root, rulesOf } from './rules.ts';

const alerts = rulesOf('alerts');
const recorded = rulesOf('recording');
const promtool = programOf('promtool');
const testWithPromtool = testUnless(
  promtool ? undefined : 'there is no promtool (apt-get install --no-install-recommends prometheus)',
);

test('rules read nothing but metrics and labels that there are', () => {
  const known = knownSeries(metricSectionsOfCode().flatMap(({ metrics }) => metrics));
  const faults = [...alerts, ...recorded].flatMap(({ alert, record, expr }) => {
    const { metrics, labels } = namesIn(expr);
    const unknown = metrics.filter((name) => !known.has(name));
    // A rule of several metrics may group by a label that not each of them has.
    const foreign = labels.filter((label) => !metrics.some((name) => known.get(name)?.has(label)));
    return [...unknown, ...foreign].map((name) => `${alert ?? record}: ${name}`);
  });
  expect(faults).toEqual([]);
}, 60_000);

test('names in an expression', () => {
  const expression =
    'sum by (a, b) (rate(x_total{c="d", e!~"f g"}[5m])) / on (a) y:z > 1e3 and changes(w[1h] offset 5m) or {__name__=~"u|v", h=""}';
  const { metrics, labels } = namesIn(expression);
  expect(metrics.sort()).toEqual(['u', 'v', 'w', 'x_total', 'y:z']);
  expect(labels.sort()).toEqual(['a', 'b', 'c', 'e', 'h']);
});

test('every alert has severity, words and a section in the runbook, and no section is left over', () => {
  const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
  const sections = new Map(
    runbook
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section]),
  );
  for (const { alert = '', labels, annotations } of alerts) {
    expect(['critical', 'warning']).toContain(labels?.severity);
    expect(Object.keys(annotations ?? {}).sort()).toEqual(['description', 'runbook', 'summary']);
    expect(annotations?.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    expect(sections.get(alert)).toMatch(/^- Look: [\s\S]*^- Do: /m);
  }
  expect([...sections.keys()].sort()).toEqual([...new Set(alerts.map(({ alert }) => alert))].sort());
  const anchors = [...runbook.matchAll(/\]\(#(\w+)\)/g)].map(([, anchor]) => anchor);
  const headings = [...sections.keys()].map((name) => name.toLowerCase());
  expect(anchors.filter((anchor) => !headings.includes(anchor as string))).toEqual([]);
});

test('every alert has a test', () => {
  const tested = globSync('tests/unit/prometheus/rules/*.test.yml', { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('');
  const untested = alerts.filter(({ alert }) => !tested.includes(`alertname: ${alert}`));
  expect(untested.map(({ alert }) => alert)).toEqual([]);
});

test('the configuration for a gateway elsewhere', () => {
  const config = parse(prometheusConfig('https://gateway.example:8443'));
  expect(config.scrape_configs[0]).toMatchObject({
    honor_labels: true,
    scheme: 'https',
    static_configs: [{ targets: ['gateway.example:8443'] }],
  });
  for (const file of config.rule_files) expect(file).toMatch(/^\/.*\/infra\/prometheus\/rules\/\w+\.yml$/);
});

testWithPromtool('promtool finds no fault in configuration and rules', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const command = { program: 'prometheus', folder, gatewayUrl: 'http://127.0.0.1:1', address: '127.0.0.1:2' };
  prometheusCommand(command);
  for (const file of ['infra/prometheus/prometheus.yml', join(folder, 'prometheus.yml')]) {
    execFileSync(promtool as string, ['check', 'config', '--lint=all', '--lint-fatal', file], { cwd: root });
  }
  rmSync(folder, { recursive: true });
});

testWithPromtool(
  'alerts fire and clear as they shall',
  async () => {
    const files = globSync('tests/unit/prometheus/rules/*.test.yml', { cwd: root });
    execFileSync(promtool as string, ['test', 'rules', ...files], { cwd: root });
  },
  120_000,
);
