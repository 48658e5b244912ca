import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { colour } from '../terminal/colour.ts';
import { deleteUser } from '../user-deletion/delete-user.ts';
import { main } from './main.ts';

/** `make delete-user USER_ID=12345`: everything that is kept of one user, with a proof. Exit code 1 if anything is left. */
await main(async () => {
  const text = process.env.USER_ID ?? '';
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new PipelineError('USER_ID', 'say which user: make delete-user USER_ID=12345');
  }
  const settings = platformSettings();
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'delete-user',
    connectionOptions: securityOptions(settings),
  });
  const deletion = await deleteUser(cluster, settings, { userId: Number(text) });
  await cluster.close();
  const gone = Object.values(deletion.left).every((count) => count === 0);
  const { mongodb, clickhouse, deadLetters } = deletion.deleted;
  console.log(
    `user ${text}: ${deletion.events} events; deleted ${mongodb} documents, ${clickhouse} rows with their share of the rollups, ${deadLetters} dead letters`,
  );
  console.log(
    gone
      ? `${colour('green', 'gone')}: asked again, nothing is found in either store, in rollups or in dead letters`
      : `${colour('red', 'not gone')}: still there: ${JSON.stringify(deletion.left)}; run it again`,
  );
  console.log('Records that Kafka still holds, and nothing reads back, go by retention:');
  for (const [topic, until] of Object.entries(deletion.kafkaUntil)) console.log(`  ${topic}: by ${until}`);
  const { reports } = pathsOf(settings);
  mkdirSync(reports, { recursive: true });
  const file = join(reports, `deletion-${text}-${deletion.deletedAt.replaceAll(':', '')}.json`);
  writeFileSync(file, `${JSON.stringify(deletion, null, 2)}\n`);
  console.log(`Proof: ${file}`);
  return gone ? 0 : 1;
});
