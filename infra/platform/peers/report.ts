import { describeMachine, type Machine } from '../benchmark/machine.ts';
import { count } from '../terminal/table.ts';
import type { Baseline } from './baseline.ts';
import type { Outcome } from './run.ts';

/** What each promises, and with what. */
const guarantees: Record<string, string> = {
  pipeline:
    'each event once in both stores, whatever is killed; rejects with a reason in `events_dlq`; rollups beside the table',
  node: 'at least once: what is killed between a write and its commit is written again, and ClickHouse counts it twice; rejects are dropped; one plain table',
  python: 'as the one in Node',
};

const means: Record<string, string> = {
  pipeline: 'connector, gateway and three functions, batches up to 5,000',
  node: 'one process: kafkajs, zod, the official clients, batches up to 1,000',
  python: 'one process: confluent-kafka, pydantic, the official clients, batches up to 1,000',
};

/** A page of all runs: the median of each, and every run below. */
export function peersReport(
  runs: readonly (readonly Outcome[])[],
  {
    baselines,
    events,
    machine,
    at,
  }: { baselines: readonly Baseline[]; events: number; machine: Machine; at: Date },
): string {
  const names = ['pipeline', ...baselines.map(({ name }) => name)];
  const all = (name: string) => runs.flatMap((run) => run.filter((each) => each.name === name));
  const own = medianOf(all('pipeline'), rateOf);
  const rows = names.map((name) => {
    const skipped = baselines.find((each) => each.name === name && 'skipped' in each);
    if (skipped && 'skipped' in skipped) return `| ${name} | skipped: ${skipped.skipped} | | | | |`;
    const mine = all(name);
    const rate = medianOf(mine, rateOf);
    return `| ${name} | ${count(Math.round(rate))} | ${(rate / own).toFixed(2)} | ${Math.round(medianOf(mine, (each) => each.own))} | ${Math.round(medianOf(mine, (each) => each.engines))} | ${missing(mine)} |`;
  });
  const processes = Object.keys(all('pipeline')[0]?.processes ?? {});
  return `# Beside plain consumers

Made by \`make peers PEERS_EVENTS=${events} PEERS_RUNS=${runs.length}\` on ${at.toISOString().slice(0, 10)}: ${describeMachine(machine)}.

${count(events)} events of \`generate\` are written to \`events_raw\` while nothing reads. Then each takes the same events, one
after the other, with the same Kafka, MongoDB and ClickHouse: the baselines with a consumer group, a database and a table
of their own, the pipeline last, from a connector that was stopped. The clock runs from the first events taken to the last
one written; processor time counts from the start of the process. Medians of ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}.

| | events/s | against the pipeline | µs of processor an event, its processes | engines meanwhile | valid events missing in a store |
|---|---:|---:|---:|---:|---:|
${rows.join('\n')}

| | is | guarantees |
|---|---|---|
${names.map((name) => `| ${name} | ${means[name]} | ${guarantees[name]} |`).join('\n')}

The pipeline's processes, µs an event: ${processes.map((name) => `${name} ${Math.round(medianOf(all('pipeline'), (each) => each.processes[name] ?? 0))}`).join(', ')}.
It also writes each event to Kafka once more (\`events_clean\`), in transactions.

## Every run

| run | | events/s | seconds | µs, its processes | µs, engines |
|---:|---|---:|---:|---:|---:|
${runs.flatMap((run, i) => run.map((each) => `| ${i + 1} | ${each.name} | ${count(Math.round(rateOf(each)))} | ${each.seconds.toFixed(1)} | ${Math.round(each.own)} | ${Math.round(each.engines)} |`)).join('\n')}

The baselines: [load/baselines](../../load/baselines/README.md).
`;
}

const rateOf = ({ events, seconds }: Outcome) => events / seconds;

/** The run that was furthest off; below zero, so many were written twice. */
function missing(outcomes: readonly Outcome[]): string {
  const counted = outcomes.flatMap(({ missing: { mongodb, clickhouse } }) => [mongodb, clickhouse]);
  return String(counted.reduce((worst, each) => (Math.abs(each) > Math.abs(worst) ? each : worst), 0));
}

/** The middle value; of an even number, the mean of the two in the middle. NaN of none. */
export function medianOf<T>(items: readonly T[], value: (item: T) => number): number {
  const sorted = items.map(value).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
