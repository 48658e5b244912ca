import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../../../shared/errors/index.ts';

/** What all brokers of the embedded cluster share, kept in `kafka-cluster.json` of the data folder. */
export interface Cluster {
  /** 16 bytes, base64url: Kafka's own form. */
  clusterId: string;
  brokers: number;
}

/**
 * The cluster that lives in `dataFolder`, made at the first call.
 *
 * @throws PipelineError `KAFKA_BROKERS` when the folder was made for another number of brokers: the controllers
 *   of a cluster are written into its metadata, and a majority of new, empty ones would overrule the old one.
 */
export async function openCluster({
  dataFolder,
  brokers,
}: {
  dataFolder: string;
  brokers: number;
}): Promise<Cluster> {
  const file = join(dataFolder, 'kafka-cluster.json');
  const existing = await read(file);
  if (existing === undefined) {
    const cluster = { clusterId: newClusterId(), brokers };
    await mkdir(dataFolder, { recursive: true });
    const temporary = `${file}.${randomBytes(8).toString('hex')}`;
    await writeFile(temporary, `${JSON.stringify(cluster)}\n`, { flush: true });
    // Three brokers prepare at the same time: a link is made whole or not at all, and by the first only.
    await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(temporary);
    return openCluster({ dataFolder, brokers });
  }
  if (existing.brokers !== brokers) {
    throw new PipelineError(
      'KAFKA_BROKERS',
      `The Kafka data in ${dataFolder} belongs to a cluster of ${existing.brokers}, and KAFKA_BROKERS is ${brokers}. ` +
        `Set KAFKA_BROKERS=${existing.brokers}, or begin anew with \`make clean\` or another DATA_DIR.`,
    );
  }
  return existing;
}

async function read(file: string): Promise<Cluster | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Kafka's tools take an id that begins with a dash for an option. */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
