import { parseCommand, usage } from '../../connector/redrive/command.ts';
import { runCommand } from '../../connector/redrive/run.ts';
import { readGatewayPassword } from '../../gateway/password.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make redrive`: the dead letters of the platform that runs here; ARGS says what to do with which. */
await main(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return console.log(usage);
  const settings = platformSettings();
  const exitCode = await runCommand(parseCommand(args.length === 0 ? ['list'] : args), {
    settings: { ...settings, gatewayPassword: readGatewayPassword(settings) },
    say: (lines) => console.log(lines.join('\n')),
  });
  if (args.length === 0) console.log(`\nmake redrive ARGS='--help' tells what can be done with them`);
  return exitCode;
});
