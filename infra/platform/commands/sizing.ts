import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PipelineError } from '../../../shared/errors/index.ts';
import { describeMachine, thisMachine } from '../benchmark/machine.ts';
import { pathsOf, projectRoot } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { costsOf, type SavedBenchmark } from '../sizing/costs.ts';
import { eventBytes } from '../sizing/event-bytes.ts';
import { sizingReport, withTables } from '../sizing/report.ts';
import { main } from './main.ts';

/**
 * `make sizing`: what other loads need, computed from the last `make benchmark` and the bytes that its events take.
 * SIZING_PAGE=docs/sizing.md puts it into that page too.
 */
await main(async () => {
  const settings = platformSettings();
  const { reports } = pathsOf(settings);
  const benchmark = join(reports, 'benchmark.json');
  if (settings.engines !== 'embedded' || !existsSync(benchmark)) {
    throw new PipelineError(
      'SIZING',
      'It takes its costs from `make benchmark` on the embedded engines: run that first',
    );
  }
  const measured = JSON.parse(readFileSync(benchmark, 'utf8')) as SavedBenchmark;
  const tables = sizingReport(costsOf(measured, await eventBytes(settings), settings.eventsPartitions));
  const report = `${describeMachine(thisMachine())}; ${new Date().toISOString().slice(0, 10)}.\n\n${tables}`;
  mkdirSync(reports, { recursive: true });
  const file = join(reports, 'sizing.md');
  writeFileSync(file, report);
  const page = process.env.SIZING_PAGE;
  if (page) {
    const path = resolve(projectRoot, page);
    writeFileSync(path, withTables(readFileSync(path, 'utf8'), report));
  }
  console.log(`${report}\nWritten to ${page || file}.`);
});
