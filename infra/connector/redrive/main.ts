import { readSettings } from '../../../shared/config/index.ts';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import { withVendorNames } from '../vendor-names.ts';
import { parseCommand, usage } from './command.ts';
import { runCommand } from './run.ts';

/** The command of dead letters for any brokers and gateway; `--help` says what it does. */
const args = process.argv.slice(2);
const say = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`);

if (args.includes('--help') || args.length === 0) {
  say([usage]);
} else {
  try {
    const settings = readSettings(withVendorNames(process.env));
    process.exitCode = await runCommand(parseCommand(args), { settings, say });
  } catch (error) {
    const wrongUse = error instanceof PipelineError && error.code === 'USAGE';
    process.stderr.write(`${messageOf(error)}\n${wrongUse ? `\n${usage}` : ''}`);
    process.exitCode = wrongUse ? 2 : 1;
  }
}
