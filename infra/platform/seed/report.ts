import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Machine } from '../benchmark/machine.ts';
import { bytes, count } from '../terminal/table.ts';
import type { Measured } from './measure.ts';

/** One run over one shape. */
export interface QueryRun {
  /** RFC 3339. */
  at: string;
  shape: 'month' | 'day';
  /** What makes these figures again. */
  commands: string[];
  rows: number;
  parts: number;
  bytesOnDisk: number;
  runs: number;
  /** Events written meanwhile, and the seconds they were written in. */
  written: number;
  seconds: number;
  machine: Machine & { clickhouse: string };
  results: Measured[];
}

/** Puts a run in the place of the one before over the same shape, and keeps the other; answers all runs. */
export function addRun(file: string, run: QueryRun): QueryRun[] {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as QueryRun[]) : [];
  const all = [...before.filter(({ shape }) => shape !== run.shape), run].sort((a, b) =>
    b.shape.localeCompare(a.shape),
  );
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(all, null, 1)}\n`);
  renameSync(`${file}.new`, file);
  return all;
}

const shapes = { month: 'spread over 30 days', day: 'all in one day' };

/** All runs as one page. */
export function renderRuns(runs: readonly QueryRun[]): string {
  return `# Questions over many rows

Each question so often and one after the other, over HTTP, timed by the client in milliseconds, without the query cache,
nothing merged by hand (no OPTIMIZE), while events are written as clickhouse-write writes them. The first three are sent
to ClickHouse word for word over \`events_distributed\`; \`query\` is the function in a process of its own. Cold: the first
time, after ClickHouse's own caches were dropped (the operating system's were not). Memory is the highest that was seen
of a question in five more runs. Everything ran on the one machine. Rows are seeded in parts of a million, which have their
projections as parts that merges have made do; their visits have 1 to 13 events.

Question 3 as it is written begins at a moment, not at a day or minute: no projection can answer it, so it reads every row of
the 24 hours, which are all rows in the second shape. \`query\` answers it from the minutes between and the rows at both
ends, as exactly.

${runs.map(sectionOf).join('\n\n')}
`;
}

function sectionOf(run: QueryRun): string {
  const { machine, results } = run;
  return `## ${count(run.rows)} rows ${shapes[run.shape]}

${run.at.slice(0, 10)}; ${count(run.parts)} parts, ${bytes(run.bytesOnDisk)} on disk; ${count(run.written)} events written meanwhile,
${Math.round(run.written / run.seconds)} a second; ${machine.processors} processors (${machine.model}), ${bytes(machine.memoryBytes)} of memory, Node
${machine.node}, ClickHouse ${machine.clickhouse}.

\`\`\`sh
${run.commands.join('\n')}
\`\`\`

${questionTable(results)}`;
}

/** A row for each question; milliseconds. */
export function questionTable(results: readonly Measured[]): string {
  const lines = results.map((each) => {
    if (each.failed !== undefined)
      return `| ${each.name} | failed: ${each.failed.replaceAll('|', '/')} |||||||`;
    const memory = each.memoryBytes === undefined ? 'too short to see' : bytes(each.memoryBytes);
    const times = [each.coldMs, each.p50Ms, each.p95Ms, each.p99Ms].map(ms).join(' | ');
    return `| ${each.name} | ${each.runs} | ${times} | ${count(each.rowsRead)} | ${memory} |`;
  });
  return `| question | runs | cold | p50 | p95 | p99 | rows read | memory |
|---|---:|---:|---:|---:|---:|---:|---:|
${lines.join('\n')}`;
}

function ms(value: number): string {
  return String(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}
