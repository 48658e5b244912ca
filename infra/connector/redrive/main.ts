import { createGatewayClient } from '../../../shared/clients/gateway/index.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import { discover } from '../functions/discovery.ts';
import { createCluster } from '../kafka/cluster.ts';
import { securityOptions } from '../kafka/security.ts';
import { withVendorNames } from '../vendor-names.ts';
import { type Command, parseCommand, usage } from './command.ts';
import { listLines, showLines } from './print.ts';
import { forEachLetter } from './read-letters.ts';
import { listLetters, purge, redrive } from './redrive.ts';

/** The command of dead letters; `--help` says what it does. */
const args = process.argv.slice(2);
const say = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`);

async function run({ verb, selection, dryRun, json }: Command): Promise<void> {
  const settings = readSettings(withVendorNames(process.env));
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'redrive',
    connectionOptions: securityOptions(settings),
  });
  const deadLetterTopic = settings.dlqTopic;
  const work = { cluster, deadLetterTopic, selection, now: Date.now };
  try {
    if (verb === 'list' || dryRun) {
      const letters = await listLetters(work);
      say(listLines(letters, json));
      if (dryRun && !json) say([`nothing was changed; ${verb} would take these ${letters.length}`]);
    } else if (verb === 'show') {
      await forEachLetter(cluster, deadLetterTopic, await listLetters(work), 100, async (found) => {
        for (const { letter, record } of found) say(showLines(letter, record, json));
      });
    } else if (verb === 'purge') {
      say([`${(await purge(work)).length} dead letters deleted`]);
    } else {
      const gateway = createGatewayClient({
        url: settings.gatewayUrl,
        user: settings.gatewayUser,
        ...(settings.gatewayPassword !== undefined && { password: settings.gatewayPassword }),
      });
      const { subscriptions } = discover(await gateway.listFunctions(), { deadLetterTopic });
      const { sent, skipped } = await redrive(work, (name) => subscriptions.get(name)?.retryTopic);
      say([`${sent.length} records sent to their functions again`]);
      if (skipped.length > 0) {
        const names = [...new Set(skipped.map(({ functionName }) => functionName))].join(', ');
        say([`${skipped.length} left alone, because these functions are not deployed: ${names}`]);
        process.exitCode = 1;
      }
    }
  } finally {
    await cluster.close();
  }
}

if (args.includes('--help') || args.length === 0) {
  say([usage]);
} else {
  try {
    await run(parseCommand(args));
  } catch (error) {
    const wrongUse = error instanceof PipelineError && error.code === 'USAGE';
    process.stderr.write(`${messageOf(error)}\n${wrongUse ? `\n${usage}` : ''}`);
    process.exitCode = wrongUse ? 2 : 1;
  }
}
