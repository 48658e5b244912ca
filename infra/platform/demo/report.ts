import { colour } from '../terminal/colour.ts';
import { type Cell, count, table } from '../terminal/table.ts';
import { quantile } from './latency.ts';
import type { Answer } from './questions.ts';
import type { DemoResult } from './run.ts';

/** Events of this run that never came into Kafka, although they were acknowledged. */
export const missing = ({ generated, arrived }: DemoResult) => Math.max(0, generated.produced - arrived);

/** Whether nothing was lost and nothing doubled. */
export const isWell = (result: DemoResult) =>
  result.proof.lost === 0 && result.proof.doubled === 0 && missing(result) === 0;

/** The one table: where the events are, and what is lost or doubled. */
export function proofTable(result: DemoResult): string {
  const { generated, proof, arrived } = result;
  const { transform, mongodb, clickhouse, rollups } = proof;
  const rows: Cell[][] = [
    ['produced by this run', generated.produced, '', missing(result), 0],
    ['in events_raw', proof.raw, others(proof.raw - arrived, arrived - generated.produced), '', ''],
    ['rejected to dead letters', proof.rejected, 'each with its reason', '', ''],
    ['repeats, left out', proof.duplicates, '', '', ''],
    [
      'clean, rejected or left out',
      transform.found,
      `of ${count(transform.expected)}`,
      transform.lost,
      transform.doubled,
    ],
    ['in MongoDB', mongodb.found, `of ${count(mongodb.expected)}`, mongodb.lost, mongodb.doubled],
    [
      'in ClickHouse',
      clickhouse.found,
      `of ${count(clickhouse.expected)}`,
      clickhouse.lost,
      clickhouse.doubled,
    ],
    ...rollups.map(({ name, found, expected, unit, lost, doubled }): Cell[] => [
      `in ${name}`,
      found,
      `of ${count(expected)} ${unit}`,
      lost,
      doubled,
    ]),
    ['all together', '', '', proof.lost + missing(result), proof.doubled],
  ];
  const examples = [transform, mongodb, clickhouse].flatMap((one) => one.examples);
  return [
    table(['events', 'count', '', 'lost', 'doubled'], rows),
    ...examples.map((example) => colour('red', `  ${example}`)),
  ].join('\n');
}

function others(earlier: number, beside: number): string {
  const parts = [
    earlier > 0 ? `${count(earlier)} from before` : '',
    beside > 0 ? `${count(beside)} sent by others meanwhile` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

/** Events a second end to end, and produce → stored. */
export function speedLines({ generated, seconds, latency }: DemoResult): string {
  const lines = [
    `${count(Math.round(generated.produced / seconds))} events/s end to end (${count(generated.produced)} in ${seconds.toFixed(1)} s, from the first event sent to the last one acknowledged by both stores)`,
  ];
  for (const [store, distribution] of [...latency].sort()) {
    const shown = (q: number) => {
      const value = quantile(distribution, q);
      return value === undefined ? '–' : `${value.toFixed(2)} s`;
    };
    lines.push(
      `produce → stored in ${store}: p50 ${shown(0.5)}, p99 ${shown(0.99)} (sent as fast as possible, so queueing is in it)`,
    );
  }
  return lines.join('\n');
}

/** A question, its time and its first rows. */
export function answerLines({ title, text, ms, rows }: Answer, { shown = 3 } = {}): string {
  const heads = Object.keys(rows[0] ?? {}).filter(
    (head) => typeof rows[0]?.[head] !== 'object' || rows[0]?.[head] instanceof Date,
  );
  const cells = rows.slice(0, shown).map((row) => heads.slice(0, 6).map((head) => cell(row[head])));
  const body = table(heads.slice(0, 6), cells)
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
  return [
    `${colour('bold', title)}: ${count(rows.length)} rows in ${ms.toFixed(0)} ms`,
    colour('gray', `  ${text}`),
    rows.length > 0 ? body : '    no rows',
  ].join('\n');
}

function cell(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value ?? '');
}
