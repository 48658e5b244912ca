import { resolve } from 'node:path';
import { createCluster } from '../../../shared/clients/kafka-protocol/cluster.ts';
import { securityOptions } from '../../../shared/clients/kafka-protocol/security.ts';
import { PipelineError } from '../../../shared/errors/index.ts';
import { backUp } from '../backup/backup.ts';
import { platformSettings } from '../platform-settings.ts';
import { count } from '../terminal/table.ts';
import { main } from './main.ts';

/** `make backup BACKUP_DIR=/safe/monday`: one cut through both stores, while the pipeline runs. */
await main(async () => {
  const folder = process.env.BACKUP_DIR;
  if (!folder) throw new PipelineError('BACKUP', 'say where: make backup BACKUP_DIR=/safe/monday');
  const settings = platformSettings();
  const cluster = createCluster({
    bootstrapServers: settings.kafkaBootstrapServers,
    clientId: 'backup',
    connectionOptions: securityOptions(settings),
  });
  const manifest = await backUp(cluster, settings, { folder: resolve(folder) });
  await cluster.close();
  console.log(
    `${resolve(folder)}: ${count(manifest.clickhouse.count)} rows and ${count(manifest.mongodb.count)} documents in ${manifest.files.length} files; \`make restore BACKUP_DIR=${folder}\` puts them back`,
  );
});
