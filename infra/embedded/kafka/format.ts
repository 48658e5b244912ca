import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import { kafkaCommand } from './java.ts';

/**
 * Makes a broker's data folder, if it is not there: formatted beside its place, then renamed into it.
 * So a kill in the middle leaves nothing half formatted that a later start would take for data.
 *
 * @param properties the configuration for data in a given folder.
 * @throws PipelineError `KAFKA_FORMAT`.
 */
export async function formatStorage({
  folder,
  clusterId,
  properties,
  jarsFolder,
}: {
  folder: string;
  clusterId: string;
  properties: (logFolder: string) => string;
  jarsFolder: string;
}): Promise<void> {
  if (existsSync(join(folder, 'meta.properties'))) return;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  const file = `${folder}.format.properties`;
  await writeFile(file, properties(unfinished));
  const [java = 'java', ...args] = kafkaCommand({
    jarsFolder,
    flags: ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto', '-Xmx128m'],
    main: ['kafka.tools.StorageTool', 'format', '--cluster-id', clusterId, '--config', file],
  });
  try {
    await promisify(execFile)(java, args);
  } catch (error) {
    // The message of execFile repeats the whole command; the reason is what the program said last.
    const said = (error as { stderr?: string }).stderr?.trim() || messageOf(error);
    throw new PipelineError('KAFKA_FORMAT', `Kafka's storage in ${folder} cannot be made: ${said}`);
  }
  await rename(unfinished, folder);
  await rm(file);
}
