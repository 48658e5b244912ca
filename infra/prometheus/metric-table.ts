import type { Metric, MetricSection } from './metrics-of-code.ts';

const head = `# Metrics

Every metric of the platform, made from the code by \`make settings\`. <http://127.0.0.1:8080/metrics> has them all in one
page: samples of parts have the label \`part\`, those of functions \`function_name\` and \`replica\`. Times are in seconds,
sizes in bytes, counters end in \`_total\`; a histogram has \`_bucket\`, \`_sum\` and \`_count\`.
`;

/** docs/metrics.md. */
export function metricTable(sections: readonly MetricSection[]): string {
  const tables = sections.map(
    ({ title, metrics }) =>
      `\n## ${title}\n\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n${metrics.map(row).join('\n')}\n`,
  );
  return head + tables.join('');
}

function row({ name, type, labels, help, buckets }: Metric): string {
  const bounds = buckets
    ? `${type}, ${buckets.length} buckets from ${buckets[0]} to ${buckets.at(-1)}`
    : type;
  const named = labels.map((label) => `\`${label}\``).join(', ');
  return `| \`${name}\` | ${bounds} | ${named} | ${help.replaceAll('|', '\\|')} |`;
}
