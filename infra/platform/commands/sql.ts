import { askClickhouse } from '../ask-clickhouse.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';
import { question } from './question.ts';

/** `make sql Q='…'`: any ClickHouse query, as user default in database analytics; a table unless it says FORMAT. */
await main(async () => {
  const text = question("make sql Q='SELECT count() FROM events_distributed'");
  process.stdout.write(await askClickhouse(platformSettings(), text));
});
