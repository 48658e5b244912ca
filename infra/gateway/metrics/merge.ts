/** One Prometheus text and the labels that its samples get. */
export interface MetricsSource {
  labels: Readonly<Record<string, string>>;
  text: string;
}

type Family = { help: string | undefined; type: string | undefined; samples: string[] };

/**
 * Merges Prometheus texts into one: every sample gets its source's labels, every name has one HELP and one TYPE,
 * and all samples of a name stand together, as the format wants it. A label that a sample already has stays as it
 * is: one source may tell of other parts. What such a sample says and an earlier source said itself is left out.
 */
export function mergeMetrics(sources: readonly MetricsSource[]): string {
  const families = new Map<string, Family>();
  for (const source of sources) addSource(families, source);
  const parts: string[] = [];
  for (const [name, { help, type, samples }] of families) {
    if (samples.length === 0) continue;
    if (help !== undefined) parts.push(`# HELP ${name} ${help}`);
    if (type !== undefined) parts.push(`# TYPE ${name} ${type}`);
    parts.push(...samples);
  }
  return `${parts.join('\n')}\n`;
}

function addSource(families: Map<string, Family>, { labels, text }: MetricsSource): void {
  const given = Object.entries(labels);
  const inner = labelText(given);
  let current = '';
  let family: Family | undefined;
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    const line = text.charCodeAt(end - 1) === 13 ? text.slice(start, end - 1) : text.slice(start, end);
    start = end + 1;
    if (line === '') continue;
    if (line.charCodeAt(0) === 35) {
      const comment = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line);
      if (comment === null) continue;
      const [, kind, name = '', rest = ''] = comment;
      if (name !== current) family = familyOf(families, name);
      current = name;
      if (family !== undefined && kind === 'HELP') family.help ??= rest;
      else if (family !== undefined) family.type ??= rest;
      continue;
    }
    const brace = line.indexOf('{');
    const space = line.indexOf(' ');
    const nameEnd = brace >= 0 && (space < 0 || brace < space) ? brace : space;
    if (nameEnd <= 0) continue;
    const name = line.slice(0, nameEnd);
    // `x_bucket`, `x_sum` and `x_count` belong to the histogram `x` that was announced.
    if (family === undefined || !name.startsWith(current) || !suffixes.has(name.slice(current.length))) {
      family = familyOf(families, name);
      current = name;
    }
    const foreign = line.charCodeAt(nameEnd) === 123 ? given.filter(([label]) => has(line, label)) : [];
    if (foreign.length === 0) family.samples.push(withLabels(line, name, nameEnd, inner));
    else {
      const missing = given.filter((entry) => !foreign.includes(entry));
      const sample = withLabels(line, name, nameEnd, labelText(missing));
      const series = sample.slice(0, sample.lastIndexOf('}') + 1);
      if (!family.samples.some((other) => other.startsWith(series))) family.samples.push(sample);
    }
  }
}

/** Whether a sample has a label of that name; in a value the quote behind it would be escaped. */
function has(line: string, label: string): boolean {
  return line.includes(`{${label}="`) || line.includes(`,${label}="`);
}

const suffixes = new Set(['', '_bucket', '_sum', '_count', '_total', '_created', '_info']);

function familyOf(families: Map<string, Family>, name: string): Family {
  let family = families.get(name);
  if (family === undefined) {
    family = { help: undefined, type: undefined, samples: [] };
    families.set(name, family);
  }
  return family;
}

function withLabels(line: string, name: string, nameEnd: number, inner: string): string {
  if (inner === '') return line;
  if (line.charCodeAt(nameEnd) !== 123) return `${name}{${inner}}${line.slice(nameEnd)}`;
  const rest = line.slice(nameEnd + 1);
  return `${name}{${inner}${rest.startsWith('}') ? '' : ','}${rest}`;
}

/** Labels as they stand between the braces. */
export function labelText(labels: readonly (readonly [string, string])[]): string {
  return labels.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',');
}

/** A label value as the format wants it. */
function escapeLabel(value: string): string {
  return value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}
