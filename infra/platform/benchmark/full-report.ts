import { questionTable } from '../seed/report.ts';
import { bytes, count } from '../terminal/table.ts';
import type { Footprint } from './footprint.ts';
import { type Fault, fixedRate, type Results } from './full.ts';
import { describeMachine, type Machine } from './machine.ts';
import { limits } from './search.ts';
import type { Quantiles, Summary } from './summary.ts';

/** The full benchmark as a page. */
export function fullReport(results: Results, { machine, at }: { machine: Machine; at: Date }): string {
  const { plan, footprint, asFastAsTheyCome, tried, held, top, steady, warmingUp, liveRate } = results;
  const { halted, bursts, killed } = results;
  const loads = [...steady.toSorted((a, b) => a.rate - b.rate), top];
  return `# Benchmark

Made by \`make benchmark MODE=full BENCHMARK_SECONDS=${plan.step} BENCHMARK_HOLD=${plan.hold} BENCHMARK_RUNS=${plan.runs}\` on ${at.toISOString().slice(0, 10)}:
${describeMachine(machine)}, the generator and this measurement included.
Events of \`generate\` (1 % invalid, 2 % late), exactly once, into both stores. Faults were played ${times(plan.runs)}, everything
else once; all values are in [results.json](results.json). [peers.md](peers.md), made by \`make peers\`, has plain
consumers over the same events.

## Top rate

**${count(top.rate)} events/s**, held for ${count(plan.hold)} s. Sustained means: all events were written in time, lag stayed under
${limits.lagSeconds} s in the last third of a step and was there at most ${limits.growthSeconds} s above its middle third. The search began with what a burst as fast as
possible had stored (${count(asFastAsTheyCome.stored)} events/s) in steps of ${plan.step} s.

| tried, events/s | sustained |
|---:|---|
${tried.map(({ rate, sustained }) => `| ${count(rate)} | ${yes(sustained)} |`).join('\n')}

| held, events/s | for | greatest lag | sustained |
|---:|---:|---:|---|
${held.map((each) => `| ${count(each.rate)} | ${count(each.seconds)} s | ${shown(each.greatestLagSeconds)} | ${yes(each.sustained)} |`).join('\n')}

![Rate, lag and memory while the top rate was held](hold.svg)

## Latency

From the Kafka time of the raw record to the acknowledgement of the store, event by event, ${plan.step} s at each rate, ${plan.hold} s at
the top one and at ${count(fixedRate)}, which came first of all${warmed(warmingUp, plan)}. Max is the upper bound of the highest bucket that has an event in it.${reached(top.rate)}

| events/s | store | p50 | p95 | p99 | max |
|---:|---|---:|---:|---:|---:|
${loads.flatMap((load) => Object.entries(load.latency).map(([store, latency]) => `| ${count(load.rate)} | ${store} | ${quantiles(latency, shown)} |`)).join('\n')}

Records in a call of \`clickhouse-write\`, which makes one insert of each:

| events/s | p50 | p95 | p99 | max |
|---:|---:|---:|---:|---:|
${loads.flatMap((load) => (load.batchSizes['clickhouse-write'] ? [`| ${count(load.rate)} | ${quantiles(load.batchSizes['clickhouse-write'], (value) => count(Math.round(value)))} |`] : [])).join('\n')}

## What an event costs

Microseconds of processor an event.

${costTable(loads)}

${limitOf(top, machine.processors)}

## Memory

Most at a time, resident; functions with all their replicas. Pages that processes share count in each.

${memoryTable(loads)}

## Start and rest

\`make up\` over the data of earlier runs: **${footprint.startSeconds.toFixed(1)} s** until every part and function is ready. Installed:
${bytes(footprint.installed.packages)} of npm packages (those for tests included), ${bytes(footprint.installed.engines)} of engines. While no event
comes, over ${footprint.idleSeconds} s:

${idleTable(footprint)}

## Faults, at ${count(liveRate)} events/s

| | run | greatest lag seen | lag < 1 s after |
|---|---:|---:|---:|
${[
  ...faultRows(`connector stopped for ${plan.halt} s`, halted),
  ...faultRows(`10 × the load for ${plan.burst} s`, bursts),
  ...faultRows('kill -9 of ClickHouse', killed),
].join('\n')}

The connector after its start: ${halted.map((each) => catchUp(each, plan.halt)).join(', ')} the live rate. The bursts wrote
${bursts.map(({ burstRate }) => count(Math.round(burstRate ?? 0))).join(', ')} events/s. After the kill, the time counts from the kill. While the connector is away nobody tells the lag.

![The connector stopped](halt.svg)
![A burst](burst.svg)
![ClickHouse killed](kill.svg)

## Questions

Over the ${count(results.rows)} events that were there in the end; nothing else ran. Over more rows: \`make benchmark-queries\`. Milliseconds.

${questionTable(results.questions)}

Look-ups in MongoDB through \`query\` and the gateway, at most 100 events an answer, another user or hour each time:

| look-up | runs | p50 | p95 | p99 | most events |
|---|---:|---:|---:|---:|---:|
${results.lookUps.map(({ name, runs, p50Ms, p95Ms, p99Ms, events }) => `| ${name} | ${runs} | ${[p50Ms, p95Ms, p99Ms].map((value) => value.toFixed(1)).join(' | ')} | ${events} |`).join('\n')}
`;
}

/** How many times as fast as events came they were delivered while a backlog of `haltSeconds` went away. */
export function catchUpRatio({ caughtUpSeconds }: Fault, haltSeconds: number): number | undefined {
  return caughtUpSeconds === undefined ? undefined : (haltSeconds + caughtUpSeconds) / caughtUpSeconds;
}

/** Processor time of all of it against what the machine has, and who uses most. */
export function limitOf({ microseconds, produced }: Summary, processors: number): string {
  const costs = Object.entries(microseconds).sort(([, a], [, b]) => b - a);
  const sum = costs.reduce((total, [, each]) => total + each, 0);
  const used = (sum * produced) / 1e6;
  const [first, second] = costs;
  return `At the top rate all of it takes ${Math.round(sum)} µs an event: ${used.toFixed(2)} of ${processors} processors (${Math.round((used / processors) * 100)} %). Most of it
goes to ${first?.[0]} (${Math.round(((first?.[1] ?? 0) / sum) * 100)} %) and ${second?.[0]} (${Math.round(((second?.[1] ?? 0) / sum) * 100)} %); a single part uses at most ${(((first?.[1] ?? 0) * produced) / 1e6).toFixed(2)} of a processor. At this cost
${processors} processors end at ${count(Math.floor((processors * 1e6) / sum))} events/s.`;
}

function costTable(loads: readonly Summary[]): string {
  const names = namesOf(loads, ({ microseconds }) => microseconds);
  const sums = loads.map(({ microseconds }) =>
    Object.values(microseconds).reduce((sum, each) => sum + each, 0),
  );
  return [
    ...heads(loads),
    ...names.map(
      (name) =>
        `| ${name} | ${loads.map(({ microseconds }) => Math.round(microseconds[name] ?? 0)).join(' | ')} |`,
    ),
    `| **all** | ${sums.map((sum) => Math.round(sum)).join(' | ')} |`,
  ].join('\n');
}

function memoryTable(loads: readonly Summary[]): string {
  const names = namesOf(loads, ({ memory }) => memory);
  return [
    ...heads(loads),
    ...names.map(
      (name) => `| ${name} | ${loads.map(({ memory }) => bytes(memory[name] ?? 0)).join(' | ')} |`,
    ),
  ].join('\n');
}

function idleTable({ idleCpu, idleMemory }: Footprint): string {
  const names = Object.keys(idleMemory).sort((a, b) => (idleMemory[b] ?? 0) - (idleMemory[a] ?? 0));
  const sum = (values: Record<string, number>) =>
    Object.values(values).reduce((total, value) => total + value, 0);
  return [
    '| | ms of processor a second | memory |',
    '|---|---:|---:|',
    ...names.map(
      (name) => `| ${name} | ${(idleCpu[name] ?? 0).toFixed(1)} | ${bytes(idleMemory[name] ?? 0)} |`,
    ),
    `| **all** | ${sum(idleCpu).toFixed(1)} | ${bytes(sum(idleMemory))} |`,
  ].join('\n');
}

const heads = (loads: readonly Summary[]) => [
  `| at events/s | ${loads.map(({ rate }) => count(rate)).join(' | ')} |`,
  `|---|${loads.map(() => '---:').join('|')}|`,
];

/** Largest first, by the last load. */
function namesOf(loads: readonly Summary[], values: (load: Summary) => Record<string, number>): string[] {
  const last = loads.at(-1);
  const of = (name: string) => (last ? (values(last)[name] ?? 0) : 0);
  return [...new Set(loads.flatMap((load) => Object.keys(values(load))))].sort((a, b) => of(b) - of(a));
}

const faultRows = (title: string, faults: readonly Fault[]) =>
  faults.map(
    ({ greatestLagSeconds, caughtUpSeconds }, i) =>
      `| ${title} | ${i + 1} | ${shown(greatestLagSeconds)} | ${caughtUpSeconds === undefined ? 'not in time' : shown(caughtUpSeconds)} |`,
  );

function catchUp(fault: Fault, haltSeconds: number): string {
  const ratio = catchUpRatio(fault, haltSeconds);
  return ratio === undefined ? 'not caught up in time with' : `${ratio.toFixed(1)} ×`;
}

const quantiles = ({ p50, p95, p99, max }: Quantiles, show: (value: number) => string) =>
  [show(p50), show(p95), show(p99), max === null ? 'above all buckets' : `≤ ${show(max)}`].join(' | ');

const shown = (seconds: number) =>
  seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;

const yes = (value: boolean) => (value ? 'yes' : 'no');

const times = (runs: number) => (runs === 1 ? 'once' : `${runs} times`);

/** What the processes' first time under load gave: JITs take part of the processors then. */
const warmed = (load: Summary | undefined, { warmUp }: Results['plan']) =>
  load === undefined
    ? ''
    : ` after ${warmUp} s to warm up (p50 and p99 in these: ${Object.entries(load.latency)
        .map(([store, { p50, p99 }]) => `${store} ${shown(p50)} and ${shown(p99)}`)
        .join(', ')})`;

const reached = (top: number) =>
  top < fixedRate ? `\n${count(fixedRate)} events/s are above what this machine sustains.` : '';
