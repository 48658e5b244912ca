import { describeMachine, type Machine } from '../benchmark/machine.ts';
import { microsecondsOf } from '../benchmark/summary.ts';
import { count } from '../terminal/table.ts';
import { flameGraph } from './flame-graph.ts';
import { type Cost, type Graph, graphsOf, threadCosts, wholeGraph } from './graphs.ts';
import type { Profiled } from './run.ts';

const shown = 10;

const kinds: Record<Graph['of'], string> = {
  javascript: 'main thread, by V8’s profiler',
  java: 'Java, by Flight Recorder',
  threads: 'all threads, by perf',
};

/**
 * The profile as a page, and the flame graphs that it names.
 *
 * @returns text by the path from the page's folder.
 */
export function profileReport(
  profiled: Profiled,
  { machine, at, seconds }: { machine: Machine; at: Date; seconds: number },
): Record<string, string> {
  const { measured, machineSeconds, skipped } = profiled;
  const { events, storedSeconds } = measured;
  const graphs = graphsOf(profiled);
  const whole = wholeGraph(profiled);
  const costs = Object.entries(microsecondsOf(measured.cpuSeconds, events)).sort(([, a], [, b]) => b - a);
  const all = costs.reduce((sum, [, each]) => sum + each, 0);
  const others = machineSeconds - (all * events) / 1e6;
  const page = `# Where processor time goes

Made by \`make profile PROFILE_SECONDS=${seconds}\` on ${at.toISOString().slice(0, 10)}: ${describeMachine(machine)}.
${count(events)} events of \`generate\`, written as fast as they came, stored in both after ${storedSeconds.toFixed(0)} s: ${count(Math.round(events / storedSeconds))} events/s, **${all.toFixed(0)} µs of processor
an event** in all processes, the profilers' own work included. Other programs, that which drove the load among them, took
${Math.max(0, others / storedSeconds).toFixed(1)} of ${machine.processors} processors meanwhile: the more, the less these figures are those of an idle machine.

What a function takes itself is counted without what it calls; what a compiler has inlined counts for the function that stands
in the source. V8's profiler samples the main thread while it does not wait: garbage collection that stops it is
\`(garbage collector)\`, what else is outside JavaScript \`(program)\`. Flight Recorder samples threads that are in Java, but neither
native libraries nor the JVM's own threads. perf samples every thread where it uses a processor, without callers; a library without
symbols, such as the ClickHouse engine, is told as a whole.${skipped.map((reason) => `\n\nSkipped: ${reason}.`).join('')}

| | µs an event | of it, and flame graph |
|---|---:|---|
${costs.map(([name, each]) => `| ${name} | ${each.toFixed(1)} | ${linksOf(graphs.filter((graph) => graph.name === name))} |`).join('\n')}
| **all** | ${all.toFixed(1)} | ${linksOf(whole ? [whole] : [])} |

${wholeSection(whole)}## This project's own JavaScript

The dearest functions of all processes, by what each takes itself. The share is that of its process's main thread.

${costTable('function', ownScript(graphs))}
${graphs.map(section).join('\n')}`;
  const drawn = [...graphs, ...(whole ? [whole] : [])].map((graph) => [`flame/${graph.file}`, draw(graph)]);
  return { 'flame.md': page, ...Object.fromEntries(drawn) };
}

function draw({ name, of, tree, microseconds }: Graph): string {
  const cost = microseconds === undefined ? '' : `, ${microseconds.toFixed(1)} µs an event`;
  return flameGraph(tree, { title: `${name} at top rate: ${kinds[of]}${cost}`, microseconds });
}

const linksOf = (graphs: readonly Graph[]): string =>
  graphs
    .map(({ of, file, microseconds }) => {
      const cost = microseconds === undefined || of === 'threads' ? '' : `${microseconds.toFixed(1)} `;
      return `${cost}[${kinds[of]}](flame/${file})`;
    })
    .join('; ') || '–';

const picture = ({ name, of, file }: Graph): string => `![${name}: ${kinds[of]}](flame/${file})`;

function wholeSection(whole: Graph | undefined): string {
  if (whole === undefined) return '';
  return `${picture(whole)}

Threads of one name, in all processes:

${costTable('thread', threadCosts(whole).slice(0, shown))}

`;
}

const section = (graph: Graph): string => `
## ${graph.name}: ${kinds[graph.of]}

${graph.microseconds === undefined ? '' : `${graph.microseconds.toFixed(1)} µs an event, `}${count(graph.tree.total)} samples.

${picture(graph)}

${costTable('function', graph.dearest.slice(0, shown))}
`;

const ownScript = (graphs: readonly Graph[]): Cost[] =>
  graphs
    .filter(({ of }) => of === 'javascript')
    .flatMap(({ name, dearest }) =>
      dearest
        .filter(({ origin }) => origin === 'own')
        .map((each) => ({ ...each, at: `${each.at}, ${name}` })),
    )
    .sort((a, b) => (b.microseconds ?? 0) - (a.microseconds ?? 0))
    .slice(0, 2 * shown);

function costTable(what: string, costs: readonly Cost[]): string {
  const rows = costs.map(({ name, at, share, microseconds }) => {
    const place = at && at !== what ? ` ${at}` : '';
    return `| \`${name.replaceAll('|', '\\|')}\`${place} | ${(share * 100).toFixed(1)} % | ${microseconds?.toFixed(2) ?? '–'} |`;
  });
  return [`| ${what} | share | µs an event |`, '|---|---:|---:|', ...rows].join('\n');
}
