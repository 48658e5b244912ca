import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Cluster, createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { measureFootprint } from '../benchmark/footprint.ts';
import { planOf, runFull } from '../benchmark/full.ts';
import { fullReport } from '../benchmark/full-report.ts';
import { thisMachine } from '../benchmark/machine.ts';
import { measureSteadyRate, measureTopRate } from '../benchmark/measure.ts';
import { plotsOf } from '../benchmark/plots.ts';
import { benchmarkReport } from '../benchmark/report.ts';
import { bringUp } from '../bring-up.ts';
import { withGeneratorPaused } from '../demo/pause.ts';
import { pathsOf, projectRoot } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { numberOf } from '../seed/shape.ts';
import { savedBenchmark } from '../sizing/costs.ts';
import { main } from './main.ts';

const steadyRate = 1200;
const secondsEach = 40;

/**
 * `make benchmark`: latency at a moderate rate, then the top rate, in about two minutes. `MODE=full`: the top rate that is
 * sustained, latency, costs, memory, faults and questions, into BENCHMARK_OUT (docs/benchmarks). There BENCHMARK_SECONDS
 * (60) is one step, which all other times follow from; BENCHMARK_HOLD (ten steps) how long the top rate is held,
 * BENCHMARK_RUNS (3) how often each fault is played.
 */
await main(async () => {
  const mode = process.env.MODE || 'short';
  if (mode !== 'short' && mode !== 'full') {
    throw new PipelineError('MODE', `MODE=${mode}: must be short or full`);
  }
  const settings = platformSettings();
  await bringUp(settings);
  console.log();
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'benchmark',
    connectionOptions: securityOptions(settings),
  });
  await withGeneratorPaused(settings, () =>
    mode === 'full' ? full(cluster, settings) : short(cluster, settings),
  );
});

async function short(cluster: Cluster, settings: Settings): Promise<void> {
  const steady = await measureSteadyRate(cluster, settings, { rate: steadyRate, seconds: secondsEach });
  const top = await measureTopRate(cluster, settings, { seconds: secondsEach });
  const report = benchmarkReport({ steady, top, rate: steadyRate });
  const { reports } = pathsOf(settings);
  mkdirSync(reports, { recursive: true });
  const file = join(reports, 'benchmark.md');
  writeFileSync(file, report);
  // What `make sizing` computes with.
  writeFileSync(join(reports, 'benchmark.json'), `${JSON.stringify(savedBenchmark(top), null, 1)}\n`);
  console.log(`\n${report}\nWritten to ${file}.`);
}

async function full(cluster: Cluster, settings: Settings): Promise<void> {
  const step = numberOf('BENCHMARK_SECONDS', 60);
  const plan = planOf({
    step,
    hold: numberOf('BENCHMARK_HOLD', step * 10),
    runs: numberOf('BENCHMARK_RUNS', 3),
  });
  const footprint = await measureFootprint(settings, { idleSeconds: step });
  const { results, timelines } = await runFull(cluster, settings, {
    plan,
    footprint,
    onLine: (line) => console.log(`  ${line}`),
  });
  const out = resolve(projectRoot, process.env.BENCHMARK_OUT || 'docs/benchmarks');
  mkdirSync(out, { recursive: true });
  const at = new Date();
  const machine = thisMachine();
  const saved = { at: at.toISOString(), machine, ...results };
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(saved, null, 1)}\n`);
  for (const [name, svg] of Object.entries(plotsOf(timelines))) writeFileSync(join(out, name), svg);
  const page = fullReport(results, { machine, at });
  writeFileSync(join(out, 'README.md'), page);
  console.log(`\n${page}\nWritten to ${out}.`);
}
