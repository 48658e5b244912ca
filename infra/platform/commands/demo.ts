import { bringUp } from '../bring-up.ts';
import { withGeneratorPaused } from '../demo/pause.ts';
import { askQuestions } from '../demo/questions.ts';
import { answerLines, isWell, proofTable, speedLines } from '../demo/report.ts';
import { runDemo } from '../demo/run.ts';
import { persist } from '../persist.ts';
import { platformSettings } from '../platform-settings.ts';
import { colour } from '../terminal/colour.ts';
import { whereToLook } from '../where-to-look.ts';
import { main } from './main.ts';

/** `make demo`: everything from nothing to a proof. Exit code 1 when an event is lost or doubled. */
await main(async () => {
  const settings = platformSettings();
  await bringUp(settings);
  console.log();
  const { result, answers } = await withGeneratorPaused(settings, async () => {
    const done = await runDemo(settings, { events: Number(process.env.EVENTS || 200_000), history: 100 });
    return { result: done, answers: await persist(settings, () => askQuestions(settings)) };
  });
  console.log();
  for (const answer of answers) console.log(`${answerLines(answer)}\n`);
  console.log(speedLines(result));
  console.log(`\n${proofTable(result)}\n`);
  const well = isWell(result);
  console.log(
    well
      ? colour('green', '0 lost, 0 doubled.')
      : colour('red', 'Events were LOST or DOUBLED. `make logs` and `make status` tell more.'),
  );
  console.log(`\nThe platform stays up.\n${whereToLook(settings)}`);
  return well ? 0 : 1;
});
