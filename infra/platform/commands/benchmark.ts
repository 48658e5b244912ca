import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import { measureSteadyRate, measureTopRate } from '../benchmark/measure.ts';
import { benchmarkReport } from '../benchmark/report.ts';
import { bringUp } from '../bring-up.ts';
import { withGeneratorPaused } from '../demo/pause.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { savedBenchmark } from '../sizing/costs.ts';
import { main } from './main.ts';

const steadyRate = 1200;
const secondsEach = 40;

/** `make benchmark`: latency at a moderate rate, then the top rate, in about two minutes. */
await main(async () => {
  const settings = platformSettings();
  await bringUp(settings);
  console.log();
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'benchmark',
    connectionOptions: securityOptions(settings),
  });
  const { report, saved } = await withGeneratorPaused(settings, async () => {
    const steady = await measureSteadyRate(cluster, settings, { rate: steadyRate, seconds: secondsEach });
    const top = await measureTopRate(cluster, settings, { seconds: secondsEach });
    return { report: benchmarkReport({ steady, top, rate: steadyRate }), saved: savedBenchmark(top) };
  });
  const { reports } = pathsOf(settings);
  mkdirSync(reports, { recursive: true });
  const file = join(reports, 'benchmark.md');
  writeFileSync(file, report);
  // What `make sizing` computes with.
  writeFileSync(join(reports, 'benchmark.json'), `${JSON.stringify(saved, null, 1)}\n`);
  console.log(`\n${report}\nWritten to ${file}.`);
});
