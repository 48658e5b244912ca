import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Metric, MetricSection } from '../../../infra/prometheus/metrics-of-code.ts';

export const root = resolve(import.meta.dirname, '../../..');

export interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** The rules of infra/prometheus. */
export function rulesOf(file: 'recording' | 'alerts'): Rule[] {
  const text = readFileSync(join(root, `infra/prometheus/rules/${file}.yml`), 'utf8');
  return (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules);
}

/** Every metric of the code, as a process of its own finds them: here they would have to be transformed first. */
export function metricSectionsOfCode(): MetricSection[] {
  const text = execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'infra/prometheus/print-metrics.ts'],
    { cwd: root, encoding: 'utf8' },
  );
  return JSON.parse(text);
}

/** Labels that a scrape adds: by the gateway's merging, and by Prometheus. */
const added = ['part', 'function_name', 'replica', 'job', 'instance'];

/** Series names and the labels that each may have: metrics, what their histograms are made of, recorded rules. */
export function knownSeries(metrics: readonly Metric[]): Map<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  for (const { name, type, labels } of metrics) {
    const own = new Set([...labels, ...added, ...(known.get(name) ?? [])]);
    known.set(name, own);
    if (type !== 'histogram') continue;
    for (const suffix of ['_sum', '_count']) known.set(name + suffix, own);
    known.set(`${name}_bucket`, new Set([...own, 'le']));
  }
  for (const { record = '', expr } of rulesOf('recording')) {
    const by = /\bby \(([^)]*)\)/.exec(expr)?.[1] ?? '';
    known.set(record, new Set(by.split(',').map((label) => label.trim())));
  }
  return known;
}
