import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import { thisMachine } from '../benchmark/machine.ts';
import { bringUp } from '../bring-up.ts';
import { withGeneratorPaused } from '../demo/pause.ts';
import { pathsOf, projectRoot } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { profileReport } from '../profile/report.ts';
import { profileTopRate } from '../profile/run.ts';
import { numberOf } from '../seed/shape.ts';
import { main } from './main.ts';

/**
 * `make profile`: where processor time goes at top rate, as flame graphs and tables, into BENCHMARK_OUT (docs/benchmarks).
 * PROFILE_SECONDS (20) is how long events are written. What the profilers wrote stays in the reports of the data folder.
 */
await main(async () => {
  const settings = platformSettings();
  const seconds = numberOf('PROFILE_SECONDS', 20);
  await bringUp(settings);
  console.log();
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'profile',
    connectionOptions: securityOptions(settings),
  });
  const folder = join(pathsOf(settings).reports, 'profile');
  rmSync(folder, { recursive: true, force: true });
  const profiled = await withGeneratorPaused(settings, () =>
    profileTopRate(cluster, settings, { seconds, folder }),
  );
  const out = resolve(projectRoot, process.env.BENCHMARK_OUT || 'docs/benchmarks');
  rmSync(join(out, 'flame'), { recursive: true, force: true });
  const files = profileReport(profiled, { machine: thisMachine(), at: new Date(), seconds });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    writeFileSync(join(out, name), text);
  }
  console.log(`\nWritten to ${join(out, 'flame.md')}; what the profilers wrote: ${folder}`);
});
