import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import { thisMachine } from '../benchmark/machine.ts';
import { bringUp } from '../bring-up.ts';
import { withGeneratorPaused } from '../demo/pause.ts';
import { startPrometheus } from '../fault-run/prometheus.ts';
import { amiss, faultPlot, faultReport } from '../fault-run/report.ts';
import { runFault } from '../fault-run/run.ts';
import { projectRoot } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { untilDrained } from '../proof/drained.ts';
import { numberOf } from '../seed/shape.ts';
import { main } from './main.ts';

/**
 * `make fault-run`: ten minutes of load with a part stopped in the middle, under a Prometheus of its own: which alerts fire
 * and clear, into docs/fault-run.md and .svg (FAULT_OUT). FAULT_PART (clickhouse), FAULT_SECONDS (180), FAULT_RATE (500)
 * events a second. Exit code 1 when an alert fires before the fault, none during it, or one does not clear.
 */
await main(async () => {
  const settings = platformSettings();
  const fault = numberOf('FAULT_SECONDS', 180);
  const plan = {
    part: process.env.FAULT_PART || 'clickhouse',
    rate: numberOf('FAULT_RATE', 500),
    before: 150,
    fault,
    after: Math.max(270, 600 - 150 - fault),
  };
  await bringUp(settings);
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'fault-run',
    connectionOptions: securityOptions(settings),
  });
  await untilDrained(cluster, settings);
  await cluster.close();
  const folder = mkdtempSync(join(tmpdir(), 'fault-run-'));
  const prometheus = await startPrometheus({
    folder,
    gatewayUrl: settings.gatewayUrl,
    address: `${settings.bindAddress}:${settings.prometheusPort}`,
  });
  try {
    const results = await withGeneratorPaused(settings, () =>
      runFault(settings, prometheus, { plan, onLine: (line) => console.log(`  ${line}`) }),
    );
    const out = resolve(projectRoot, process.env.FAULT_OUT || 'docs');
    const page = faultReport(results, { machine: thisMachine(), at: new Date() });
    writeFileSync(join(out, 'fault-run.svg'), faultPlot(results));
    writeFileSync(join(out, 'fault-run.md'), page);
    console.log(`\n${page}\nWritten to ${join(out, 'fault-run.md')}.`);
    return amiss(results).length === 0 ? 0 : 1;
  } finally {
    await prometheus.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
