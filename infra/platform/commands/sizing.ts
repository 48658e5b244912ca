import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PipelineError } from '../../../shared/errors/index.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { costsOf, type SavedBenchmark } from '../sizing/costs.ts';
import { eventBytes } from '../sizing/event-bytes.ts';
import { sizingReport } from '../sizing/report.ts';
import { main } from './main.ts';

/** `make sizing`: what other loads need, computed from the last `make benchmark` and the bytes that its events take. */
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
  const report = sizingReport(costsOf(measured, await eventBytes(settings), settings.eventsPartitions));
  mkdirSync(reports, { recursive: true });
  const file = join(reports, 'sizing.md');
  writeFileSync(file, report);
  console.log(`${report}\nWritten to ${file}.`);
});
