import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { thisMachine } from '../benchmark/machine.ts';
import { bringUp } from '../bring-up.ts';
import { withGeneratorPaused } from '../demo/pause.ts';
import { newRunId } from '../generator/run.ts';
import { projectRoot } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { numberOf } from '../seed/shape.ts';
import { soakPlot, soakReport } from '../soak/report.ts';
import { isExact, soak } from '../soak/soak.ts';
import { main } from './main.ts';

/**
 * `make soak HOURS=1`: steady load for so long (a fraction is fine), then SOAK_KILLS (15) minutes of it with a process a
 * minute killed, into BENCHMARK_OUT (docs/benchmarks). SOAK_RATE (1000) events a second, SOAK_VISITS (5) requests a
 * second to `ingest`. Exit code 1 when an accepted event is not stored once, or stores differ.
 */
await main(async () => {
  const settings = platformSettings();
  const hours = Number(process.env.HOURS || 1);
  if (!(hours > 0)) throw new PipelineError('HOURS', `HOURS=${process.env.HOURS}: must be a number above 0`);
  const plan = {
    rate: numberOf('SOAK_RATE', 1000),
    visits: numberOf('SOAK_VISITS', 5),
    steady: hours * 3600,
    kills: numberOf('SOAK_KILLS', 15) * 60,
  };
  await bringUp(settings);
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'soak',
    connectionOptions: securityOptions(settings),
  });
  const results = await withGeneratorPaused(settings, () =>
    soak(cluster, settings, { plan, session: newRunId('soak'), onLine: (line) => console.log(`  ${line}`) }),
  );
  await cluster.close();
  const out = resolve(projectRoot, process.env.BENCHMARK_OUT || 'docs/benchmarks');
  mkdirSync(out, { recursive: true });
  const at = new Date();
  const machine = thisMachine();
  writeFileSync(join(out, 'soak.svg'), soakPlot(results));
  const page = soakReport(results, { machine, at });
  writeFileSync(join(out, 'soak.md'), page);
  console.log(`\n${page}\nWritten to ${join(out, 'soak.md')}.`);
  return isExact(results) ? 0 : 1;
});
