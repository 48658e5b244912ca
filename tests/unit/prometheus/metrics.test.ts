import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { metricTable } from '../../../infra/prometheus/metric-table.ts';
import type { MetricSection } from '../../../infra/prometheus/metrics-of-code.ts';
import { testUnless } from '../../support/skip.ts';
import { metricSectionsOfCode, root } from './rules.ts';

let sections: MetricSection[];
beforeAll(() => {
  sections = metricSectionsOfCode();
}, 60_000);

testUnless(
  process.platform === 'linux' ? undefined : 'a process tells other things of itself on this system',
)('docs/metrics.md is what `make settings` writes', async () => {
  expect(readFileSync(join(root, 'docs/metrics.md'), 'utf8')).toBe(metricTable(sections));
});

test('every metric that the sources name is in it', () => {
  const files = globSync('{functions,infra,shared,template}/**/*.ts', {
    cwd: root,
    exclude: (name) => name.includes('node_modules'),
  });
  const named = files.flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /(?:counter|gauge|histogram|Counter|Gauge|Histogram)\(\{\s*name: '(\w+)'/g,
      ),
    ].map(([, name]) => name),
  );
  expect(named.length).toBeGreaterThan(40);
  const known = new Set(sections.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  expect(named.filter((name) => !known.has(name as string))).toEqual([]);
});

test('names and units are by Prometheus’s conventions, labels are few and say no more than kinds', () => {
  const ours = sections.slice(0, -1).flatMap(({ metrics }) => metrics);
  const faults = ours.flatMap(({ name, type, labels, help, buckets }) => [
    ...(/^[a-z][a-z0-9_]*$/.test(name) ? [] : [`${name}: is not snake_case`]),
    ...((type === 'counter') === name.endsWith('_total')
      ? []
      : [`${name}: counters, and only they, end in _total`]),
    ...(/_(ms|milliseconds|minutes|kb|mb|percent)(_|$)/.test(name) ? [`${name}: is not in a base unit`] : []),
    ...(type === 'histogram' && !/_(seconds|bytes|size)$/.test(name) ? [`${name}: has no unit`] : []),
    ...(labels.length > 4 ? [`${name}: has ${labels.length} labels`] : []),
    ...labels.filter((label) => /(^|_)(id|user|event|offset|path|url|message)$/.test(label)),
    ...(help === '' ? [`${name}: has no help`] : []),
    ...((buckets?.length ?? 0) > 40 ? [`${name}: has ${buckets?.length} buckets`] : []),
  ]);
  expect(faults).toEqual([]);
});
