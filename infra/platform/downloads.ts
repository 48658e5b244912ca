import type { Settings } from '../../shared/config/index.ts';
import { downloadKafka, kafkaDownloadBytes } from '../embedded/kafka/download.ts';
import { downloadMongo, mongoDownloadBytes } from '../embedded/mongo/download.ts';
import { createProgress, tick } from './terminal/progress.ts';
import { bytes } from './terminal/table.ts';

const engines = [
  { title: 'Kafka', bytesOf: kafkaDownloadBytes, download: downloadKafka },
  { title: 'MongoDB stand-in', bytesOf: mongoDownloadBytes, download: downloadMongo },
] as const;

/** Fetches what the embedded engines need and is not there yet, saying first what and how large. */
export async function downloadEngines(settings: Settings): Promise<void> {
  if (settings.engines !== 'embedded') return;
  for (const { title, bytesOf, download } of engines) {
    const total = await bytesOf(settings);
    if (total === 0) continue;
    console.log(`Downloading ${title}: ${bytes(total)} of jars, through Maven`);
    const progress = createProgress(title, { total });
    await download(settings, {
      onProgress: ({ bytesDone, file }) => progress.update(bytesDone, file),
    });
    progress.update(total, '');
    progress.finish('');
    tick(title, 'downloaded, checksums right');
  }
}
