import { describeMachine, type Machine } from '../benchmark/machine.ts';
import { plotPanels } from '../plot.ts';
import { bytes, count } from '../terminal/table.ts';
import { slopeOf } from './slope.ts';
import type { Results } from './soak.ts';
import type { Answers } from './visitors.ts';
import type { Sample } from './watch.ts';

/** Caches and heaps fill for a while: slopes are those of what comes after this share of the steady time. */
const warmUpShare = 1 / 3;

/** The soak as a page. */
export function soakReport(results: Results, { machine, at }: { machine: Machine; at: Date }): string {
  const { plan, steady, steadyEvents, kills, accepted, missing, stored, lastCheck } = results;
  const times = new Map<string, number>();
  for (const name of kills.killed) times.set(name, (times.get(name) ?? 0) + 1);
  return `# Soak

Made by \`make soak HOURS=${plan.steady / 3600} SOAK_RATE=${plan.rate} SOAK_VISITS=${plan.visits} SOAK_KILLS=${plan.kills / 60}\` on ${at.toISOString().slice(0, 10)}: ${describeMachine(machine)}.

${count(plan.rate)} events/s of \`generate\` and ${plan.visits} requests/s to \`ingest\`, each with one valid event and sent once: ${minutes(plan.steady)} of it
steady, then ${minutes(plan.kills)} while each minute one process is killed with \`kill -9\`, each part and function in turn.

| | steady | with kills |
|---|---:|---:|
${answerRows(steady.answers, kills.answers)}
| greatest lag | ${lagOf(steady.samples)} | ${lagOf(kills.samples)} |
${[...new Set([...Object.keys(steady.checks), ...Object.keys(kills.checks)])].map((status) => `| checks that said ${status} | ${steady.checks[status] ?? 0} | ${kills.checks[status] ?? 0} |`).join('\n')}

Of ${count(accepted)} accepted events ${count(missing)} are missing. MongoDB has ${count(stored.mongodb)} events of these visitors, ClickHouse ${count(stored.clickhouse)} with ${count(stored.ids)} different
ids: also those that were written while the answer said to come again. The check at the end, of all ${count(lastCheck.checked.events)} events in Kafka
against both stores and every rollup, said **${lastCheck.status}**: ${lastCheck.lost} lost, ${lastCheck.doubled} doubled, ${lastCheck.drifted} rollup entries off.
${reasonsOf(kills.answers)}
Killed: ${[...times].map(([name, n]) => `${name} ${n}×`).join(', ')}.

## Memory and open files while the load was steady

Resident; functions with all their replicas. The slope is that of the line through the last two thirds of the time.

| | memory at the start | at the end | slope, MB an hour | open files, most | at the end |
|---|---:|---:|---:|---:|---:|
${usageRows(steady.samples)}

![Memory, open files and disk over time](soak.svg)

## Disk

| | at the start | after ${minutes(plan.steady)} | bytes an event |
|---|---:|---:|---:|
${diskRows(steady.samples, steadyEvents)}

Data grow with the events until their retention ends (README, settings); what is merged away or deleted goes some minutes later.
`;
}

/** Memory, open files, disk and lag of both stages, one after the other. */
export function soakPlot({ plan, steady, kills }: Results): string {
  const samples = [
    ...steady.samples,
    ...kills.samples.map((each) => ({ ...each, at: each.at + plan.steady })),
  ];
  const lines = (values: (sample: Sample) => Record<string, number>, unit: number) =>
    namesOf(samples, values).map((name) => ({
      name,
      values: (sample: Sample) => {
        const value = values(sample)[name];
        return value === undefined ? undefined : value / unit;
      },
    }));
  return plotPanels(samples, {
    title: 'Steady load, then kills',
    panels: [
      { title: 'memory, MB', legend: true, lines: lines(({ memory }) => memory, 1e6) },
      { title: 'open files', lines: lines(({ files }) => files, 1) },
      { title: 'disk, MB', lines: lines(({ disk }) => disk, 1e6) },
      {
        title: 'lag, seconds',
        lines: [{ name: 'lag', colour: '#bc4c00', values: ({ lagSeconds }) => lagSeconds }],
      },
    ],
  });
}

function answerRows(...stages: readonly Answers[]): string {
  const row = (title: string, show: (answers: Answers) => string) =>
    `| ${title} | ${stages.map(show).join(' | ')} |`;
  const share = (part: (answers: Answers) => number) => (answers: Answers) =>
    `${count(part(answers))} (${((part(answers) / Math.max(1, answers.sent)) * 100).toFixed(2)} %)`;
  return [
    row('requests to `ingest`', ({ sent }) => count(sent)),
    row(
      'accepted at once',
      share(({ accepted }) => accepted),
    ),
    row(
      'told to come again (429, 503 with Retry-After)',
      share(({ refused }) => refused),
    ),
    row(
      'no answer, or another',
      share(({ failed }) => failed),
    ),
  ].join('\n');
}

const reasonsOf = ({ reasons }: Answers) =>
  reasons.length === 0 ? '' : `\nOther answers: ${reasons.map((reason) => `\`${reason}\``).join(', ')}.\n`;

function usageRows(samples: readonly Sample[]): string {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return '';
  const settled = samples.filter(({ at }) => at >= last.at * warmUpShare);
  const sum = (values: Record<string, number>) =>
    Object.values(values).reduce((total, each) => total + each, 0);
  const row = (name: string, of: (values: Record<string, number>) => number) => {
    const slope = slopeOf(settled.map(({ at, memory }) => [at / 3600, of(memory) / 1e6]));
    const files = Math.max(...samples.map((each) => of(each.files)));
    return `| ${name} | ${bytes(of(first.memory))} | ${bytes(of(last.memory))} | ${slope.toFixed(1)} | ${count(files)} | ${count(of(last.files))} |`;
  };
  return [
    ...namesOf(samples, ({ memory }) => memory).map((name) => row(name, (values) => values[name] ?? 0)),
    row('**all**', sum),
  ].join('\n');
}

function diskRows(samples: readonly Sample[], events: number): string {
  const before = samples[0]?.disk ?? {};
  const after = samples.at(-1)?.disk ?? {};
  return Object.keys(after)
    .map((name) => {
      const grown = (after[name] ?? 0) - (before[name] ?? 0);
      return `| ${name} | ${bytes(before[name] ?? 0)} | ${bytes(after[name] ?? 0)} | ${Math.round(grown / Math.max(1, events))} |`;
    })
    .join('\n');
}

/** Largest first, by what was seen last. */
function namesOf(samples: readonly Sample[], values: (sample: Sample) => Record<string, number>): string[] {
  const last = samples.at(-1);
  const of = (name: string) => (last ? (values(last)[name] ?? 0) : 0);
  return [...new Set(samples.flatMap((sample) => Object.keys(values(sample))))].sort((a, b) => of(b) - of(a));
}

function lagOf(samples: readonly Sample[]): string {
  const most = Math.max(0, ...samples.map(({ lagSeconds }) => lagSeconds ?? 0));
  return most < 1 ? `${Math.round(most * 1000)} ms` : `${most.toFixed(1)} s`;
}

const minutes = (seconds: number) => `${count(Math.round(seconds / 60))} minutes`;
