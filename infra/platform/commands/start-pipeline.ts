import { setTimeout as delay } from 'node:timers/promises';
import { bringUp } from '../bring-up.ts';
import { readMetrics } from '../gateway-metrics.ts';
import { newRunId } from '../generator/run.ts';
import { readLag } from '../lag.ts';
import { platformSettings } from '../platform-settings.ts';
import { askGenerator, askStatus } from '../supervisor/client.ts';
import { count } from '../terminal/table.ts';
import { main } from './main.ts';

const shownSeconds = 10;

/** `make start-pipeline`: events at RATE a second in the background, until `make down` or DURATION. */
await main(async () => {
  const settings = platformSettings();
  await bringUp(settings);
  const started = await askGenerator(settings, {
    runId: newRunId('live'),
    rate: settings.rate,
    ...(settings.duration === undefined ? {} : { durationSeconds: settings.duration }),
  });
  const generator = (await askStatus(settings))?.parts.find(({ name }) => name === 'generator');
  console.log(
    started
      ? `\nStarted: ${count(settings.rate)} events/s ${settings.duration ? `for ${count(settings.duration)} s` : 'until `make down`'}.`
      : `\nIt runs already (${generator?.detail}); \`make down\` ends it.`,
  );
  let before = await writtenSoFar();
  let at = performance.now();
  for (let second = 0; second < shownSeconds; second++) {
    await delay(1000);
    const now = await writtenSoFar();
    const seconds = (performance.now() - at) / 1000;
    const rate = Math.max(0, Math.round((now - before) / seconds));
    const lag = ((await readLag(settings)) ?? [])
      .map((one) => `${one.function} ${count(one.records)} (${one.seconds.toFixed(1)} s)`)
      .join(', ');
    console.log(`${count(rate).padStart(7)} events/s   lag: ${lag}`);
    [before, at] = [now, performance.now()];
  }
  console.log('It goes on in the background: `make status`, `make logs`; `make down` stops everything.');

  async function writtenSoFar(): Promise<number> {
    const samples = await readMetrics(settings, (name) => name === 'generate_events_total');
    return (samples ?? []).reduce((sum, { value }) => sum + value, 0);
  }
});
