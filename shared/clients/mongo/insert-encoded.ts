import { type Collection, type Document, MongoWriteConcernError } from 'mongodb';
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js';

/** A server's answer to an insert. */
export interface InsertReply {
  /** Documents that were inserted. */
  n?: number;
  writeErrors?: { index: number; code: number; errmsg?: string }[];
  writeConcernError?: { code: number; errmsg?: string };
}

/** One insert: the documents it carried, how many they are, and the answer to it. */
export interface Inserted {
  pieces: readonly Buffer[];
  count: number;
  reply: InsertReply;
}

/** Below the 48 MB of a message; above the 16 MiB of a document. */
const messageBytes = 24 * 1024 * 1024;

/** Shorter than the client waits for an answer: a majority that is missing is said, not guessed from silence. */
const wtimeout = 30_000;

/**
 * One unordered insert of documents that are encoded already, acknowledged by the majority and journaled; several when
 * they are more than a message holds. The driver's `insertMany` would walk through every document twice, first for its
 * size and then for its bytes, which costs more than all else that is done with it.
 *
 * The driver repeats no such command by itself (`retryWrites` is not for it): who calls does, and `_id` tells what an
 * earlier attempt has inserted.
 *
 * @param pieces each of one or several whole documents, fewer than 100,000 in all.
 * @throws what the driver throws when there is no answer, or the command was refused as a whole.
 */
export async function insertEncoded(
  { db, collectionName }: Pick<Collection<Document>, 'db' | 'collectionName'>,
  pieces: readonly Buffer[],
): Promise<Inserted[]> {
  const inserted: Inserted[] = [];
  for (const message of messagesOf(pieces)) {
    const documents = new DocumentSequence('documents');
    for (const piece of message) documents.push({}, piece);
    const writeConcern = { w: 'majority', j: true, wtimeout };
    const reply = await db
      .command({ insert: collectionName, ordered: false, writeConcern, documents })
      .catch(replyIn);
    let count = 0;
    eachDocument(message, () => count++);
    inserted.push({ pieces: message, count, reply });
  }
  return inserted;
}

/** The driver throws an answer that has a write concern error in it, and hides the rest. */
function replyIn(error: unknown): InsertReply {
  if (error instanceof MongoWriteConcernError) return error.result;
  throw error;
}

/** Tells of each document where it begins. */
export function eachDocument(pieces: readonly Buffer[], tell: (piece: Buffer, at: number) => void): void {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += piece.readInt32LE(at)) tell(piece, at);
  }
}

function messagesOf(pieces: readonly Buffer[]): Buffer[][] {
  const messages: Buffer[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const piece of pieces) {
    if (size + piece.length > messageBytes) {
      messages.push([]);
      size = 0;
    }
    messages.at(-1)?.push(piece);
    size += piece.length;
  }
  return messages;
}
