import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { BSON, type Collection, type Document } from 'mongodb';
import { PipelineError } from '../../../shared/errors/index.ts';
import { storeDocuments } from '../../../shared/sink/store-documents.ts';
import type { Content } from './manifest.ts';

/** Documents below the ends. */
export function below(ends: readonly number[]): Document {
  return {
    $or: ends.map((end, partition) => ({
      'source.clean.partition': partition,
      'source.clean.offset': { $lt: end },
    })),
  };
}

/** Documents one after the other as BSON, as mongodump writes them. */
export async function dumpDocuments(
  events: Collection<Document>,
  { file, ends }: { file: string; ends: readonly number[] },
): Promise<void> {
  const documents = async function* () {
    for await (const document of events.find(below(ends), { promoteValues: false })) {
      yield BSON.serialize(document);
    }
  };
  await pipeline(Readable.from(documents()), createGzip({ level: 4 }), createWriteStream(file));
}

/** @param isMeant documents that it does not mean are left out. */
export async function loadDocuments(
  events: Collection<Document>,
  { file, isMeant }: { file: string; isMeant: (document: Document) => boolean },
): Promise<void> {
  let batch: Document[] = [];
  for await (const document of documentsIn(file)) {
    if (isMeant(document)) batch.push(document);
    if (batch.length < 2000) continue;
    await insert(events, batch);
    batch = [];
  }
  await insert(events, batch);
}

/** One that is there already is the same one. */
async function insert(events: Collection<Document>, batch: Document[]): Promise<void> {
  if (batch.length === 0) return;
  const outcome = await storeDocuments(
    events,
    batch.map((document) => Buffer.from(BSON.serialize(document))),
  );
  if (!outcome.stored) {
    const { detail, cause } = outcome;
    throw new PipelineError('BACKUP', `MongoDB did not take all documents: ${detail}`, { cause });
  }
}

async function* documentsIn(file: string): AsyncGenerator<Document> {
  let rest: Buffer = Buffer.alloc(0);
  const unzipped = createGunzip();
  const reading = pipeline(createReadStream(file), unzipped);
  reading.catch(() => {});
  for await (const chunk of unzipped) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let at = 0;
    while (rest.length - at >= 4 && rest.length - at >= rest.readInt32LE(at)) {
      const size = rest.readInt32LE(at);
      yield BSON.deserialize(rest.subarray(at, at + size), { promoteValues: false });
      at += size;
    }
    rest = rest.subarray(at);
  }
  await reading;
}

export async function contentOf(events: Collection<Document>, ends: readonly number[]): Promise<Content> {
  let [count, sum] = [0, 0n];
  for await (const document of events.find(below(ends), { promoteValues: false })) {
    count++;
    sum += createHash('md5').update(BSON.EJSON.stringify(document)).digest().readBigUInt64LE();
  }
  return { count, checksum: String(BigInt.asUintN(64, sum)) };
}
