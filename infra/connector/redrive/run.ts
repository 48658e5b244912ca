import { createGatewayClient } from '../../../shared/clients/gateway/index.ts';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { discover } from '../functions/discovery.ts';
import type { Command } from './command.ts';
import { listLines, showLines } from './print.ts';
import { forEachLetter } from './read-letters.ts';
import { listLetters, purge, redrive } from './redrive.ts';

/**
 * Does what a command says and tells it line by line.
 *
 * @param settings where brokers and gateway are; `gatewayPassword` is needed by `redrive` alone.
 * @returns the exit code: 1 when letters were left alone because their function is not deployed.
 */
export async function runCommand(
  { verb, selection, dryRun, json }: Command,
  { settings, say }: { settings: Settings; say: (lines: readonly string[]) => void },
): Promise<number> {
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
      return 0;
    }
    if (verb === 'show') {
      await forEachLetter(cluster, deadLetterTopic, await listLetters(work), 100, async (found) => {
        for (const { letter, record } of found) say(showLines(letter, record, json));
      });
      return 0;
    }
    if (verb === 'purge') {
      say([`${(await purge(work)).length} dead letters deleted`]);
      return 0;
    }
    const gateway = createGatewayClient({
      url: settings.gatewayUrl,
      user: settings.gatewayUser,
      ...(settings.gatewayPassword !== undefined && { password: settings.gatewayPassword }),
    });
    const { subscriptions } = discover(await gateway.listFunctions(), { deadLetterTopic });
    const { sent, skipped } = await redrive(work, (name) => subscriptions.get(name)?.retryTopic);
    say([`${sent.length} records sent to their functions again`]);
    if (skipped.length === 0) return 0;
    const names = [...new Set(skipped.map(({ functionName }) => functionName))].join(', ');
    say([`${skipped.length} left alone, because these functions are not deployed: ${names}`]);
    return 1;
  } finally {
    await cluster.close();
  }
}
