import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import { thisMachine } from '../benchmark/machine.ts';
import { bringUp } from '../bring-up.ts';
import { withGeneratorPaused } from '../demo/pause.ts';
import { pathsOf, projectRoot } from '../paths.ts';
import { baselines } from '../peers/baseline.ts';
import { peersReport } from '../peers/report.ts';
import { type Outcome, runPeers } from '../peers/run.ts';
import { platformSettings } from '../platform-settings.ts';
import { numberOf } from '../seed/shape.ts';
import { main } from './main.ts';

/**
 * `make peers`: the plain consumers of load/baselines and the pipeline over the same events, into BENCHMARK_OUT
 * (docs/benchmarks). PEERS_EVENTS (300,000) are written anew for each of PEERS_RUNS (3).
 */
await main(async () => {
  const settings = platformSettings();
  const events = numberOf('PEERS_EVENTS', 300_000);
  const count = numberOf('PEERS_RUNS', 3);
  await bringUp(settings);
  const all = await baselines(pathsOf(settings).downloads);
  for (const each of all) if ('skipped' in each) console.log(`${each.name} skipped: ${each.skipped}`);
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'peers',
    connectionOptions: securityOptions(settings),
  });
  const runs: Outcome[][] = [];
  await withGeneratorPaused(settings, async () => {
    for (let run = 1; run <= count; run++) {
      // A hundred a second is slower than anything that is worth comparing.
      const limitSeconds = 60 + events / 100;
      const outcomes = await runPeers(cluster, settings, { baselines: all, events, limitSeconds });
      for (const { name, seconds } of outcomes) {
        console.log(`run ${run} of ${count}, ${name}: ${Math.round(events / seconds)} events/s`);
      }
      runs.push(outcomes);
    }
  });
  const out = resolve(projectRoot, process.env.BENCHMARK_OUT || 'docs/benchmarks');
  mkdirSync(out, { recursive: true });
  const at = new Date();
  const machine = thisMachine();
  const saved = { at: at.toISOString(), machine, events, baselines: all.map(({ name }) => name), runs };
  writeFileSync(join(out, 'peers.json'), `${JSON.stringify(saved, null, 1)}\n`);
  const page = peersReport(runs, { baselines: all, events, machine, at });
  writeFileSync(join(out, 'peers.md'), page);
  console.log(`\n${page}\nWritten to ${join(out, 'peers.md')} and peers.json.`);
});
