import { PipelineError } from '../../../shared/errors/index.ts';
import { bringUp } from '../bring-up.ts';
import { platformSettings } from '../platform-settings.ts';
import { readAgain, type Sink, sinks } from '../read-again.ts';
import { count } from '../terminal/table.ts';
import { main } from './main.ts';

/** `make read-again SINK=clickhouse-write`: a store that lost everything is filled from what Kafka still has. */
await main(async () => {
  const sink = sinks.find((name) => name === process.env.SINK) as Sink | undefined;
  if (sink === undefined) {
    throw new PipelineError('SINK', `say which: make read-again SINK=${sinks.join(' or SINK=')}`);
  }
  const settings = platformSettings();
  await bringUp(settings);
  const events = await readAgain(settings, sink);
  await bringUp(settings);
  console.log(
    `\n${sink} reads ${count(events)} positions again; \`make status\` and the console show its lag.`,
  );
});
